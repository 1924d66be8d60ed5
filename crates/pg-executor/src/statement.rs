//! What is run, and what comes back.

use std::sync::Arc;

use tokio_postgres::Row;

use crate::Parameter;

/// How a statement is run, which depends on what it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Reads few rows by key. It shares the pipelined connection with other reads, and runs on a connection of its own when
    /// that connection is busy or broken. Then Postgres may run it twice.
    Read,
    /// Reads rows by key, which may be many. It waits for its turn on the pipelined connection for as long as that
    /// connection answers, and otherwise uses one of the few connections for long reads.
    ReadMany,
    /// Changes rows. Writes that are waiting at the same time are committed in one transaction.
    Write,
}

/// A prepared statement with its parameters.
///
/// Statements with the same SQL text share a plan on each connection, so texts should be few: values belong into parameters.
#[derive(Debug, Clone)]
pub struct Statement {
    /// The SQL of a single statement, with `$1`, `$2` and so on for the parameters.
    pub sql: Arc<str>,
    /// One for each placeholder.
    pub parameters: Vec<Parameter>,
    /// How to run it.
    pub kind: Kind,
}

impl Statement {
    /// A statement that reads few rows by key.
    pub fn read(sql: impl Into<Arc<str>>, parameters: impl Into<Vec<Parameter>>) -> Self {
        Self { sql: sql.into(), parameters: parameters.into(), kind: Kind::Read }
    }

    /// A statement that reads rows by key, which may be many.
    pub fn read_many(sql: impl Into<Arc<str>>, parameters: impl Into<Vec<Parameter>>) -> Self {
        Self { sql: sql.into(), parameters: parameters.into(), kind: Kind::ReadMany }
    }

    /// A statement that changes rows.
    pub fn write(sql: impl Into<Arc<str>>, parameters: impl Into<Vec<Parameter>>) -> Self {
        Self { sql: sql.into(), parameters: parameters.into(), kind: Kind::Write }
    }
}

/// The result of a statement.
#[derive(Debug)]
pub struct Answer {
    /// The rows that the statement selected or returned.
    pub rows: Vec<Row>,
    /// How many rows were changed, or read.
    pub affected: u64,
}
