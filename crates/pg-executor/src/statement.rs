//! Statements and their answers.

use std::sync::Arc;

use tokio_postgres::Row;

use crate::{Parameter, line::Line};

/// What a statement does, which decides how it is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Reads few rows by key. It shares the pipelined connection with other reads. If that connection is busy or broken, it
    /// runs on its own connection; Postgres may then run it twice.
    Read,
    /// Reads possibly many rows by key. It waits for its turn on the pipelined connection while that connection answers, and
    /// otherwise uses one of the few connections for long reads.
    ReadMany,
    /// Changes rows. Writes that wait at the same time are committed in one transaction.
    Write,
}

/// A prepared statement with its parameters.
///
/// Statements with the same SQL text share a plan on each connection. Pass values as parameters, so that there are few
/// different texts.
#[derive(Debug, Clone)]
pub struct Statement {
    /// The SQL of a single statement, with `$1`, `$2` and so on for the parameters.
    pub sql: Arc<str>,
    /// One parameter for each placeholder.
    pub parameters: Vec<Parameter>,
    /// How to run it.
    pub kind: Kind,
}

impl Statement {
    /// A statement that reads few rows by key.
    pub fn read(sql: impl Into<Arc<str>>, parameters: impl Into<Vec<Parameter>>) -> Self {
        Self { sql: sql.into(), parameters: parameters.into(), kind: Kind::Read }
    }

    /// A statement that reads possibly many rows by key.
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
    /// The number of rows that were changed, or read.
    pub affected: u64,
    pub(crate) line: Line,
}

impl Answer {
    /// Closes the connection that the answer came over, at once.
    ///
    /// Call this if the answer cannot be that of the statement, such as a row of another user: something between the caller and
    /// Postgres has mixed up answers, and later ones may be mixed up too. Reads in flight over the connection are run again
    /// elsewhere.
    pub fn close_connection(&self) {
        self.line.close();
    }
}
