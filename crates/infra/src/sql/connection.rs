//! The interface for running statements.

use std::fmt;

use async_trait::async_trait;
use sea_orm::DbBackend;

use super::{rows::Rows, statement::Statement};
use crate::{error::DatabaseError, statistics::DatabaseStatistics};

/// Runs statements. There are two implementations: SeaORM's own connection, and on Postgres the executor.
///
/// The executor chooses a connection by the [kind](super::Kind) of a statement.
#[async_trait]
pub trait Connection: fmt::Debug + Send + Sync {
    /// The kind of database.
    fn backend(&self) -> DbBackend;

    /// Runs one statement, all or nothing.
    ///
    /// # Errors
    ///
    /// If the statement did not take effect, or if the connection was lost before the answer, so that the outcome is unknown.
    async fn run(&self, statement: Statement) -> Result<Answer, DatabaseError>;

    /// Runs statements in order in one transaction: all of them take effect, or none. Each sees the changes of those before it.
    /// Returns the answers in the same order.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run).
    async fn run_all(&self, statements: Vec<Statement>) -> Result<Vec<Answer>, DatabaseError>;

    /// The state of the connections, and counts since the start.
    fn statistics(&self) -> DatabaseStatistics;

    /// Closes idle connections now and the others when their statement ends. No new connections are opened.
    async fn close(&self);
}

/// The answer to a statement.
#[derive(Debug)]
pub struct Answer {
    /// The rows that were read, or that a [write](super::Kind::WriteReturning) returns.
    pub rows: Rows,
    /// How many rows a write changed.
    pub affected: u64,
}
