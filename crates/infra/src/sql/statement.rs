//! A statement and its bound values.

use std::{fmt, sync::Arc};

use domain::OwnerId;
use pg_executor::Parameter;
use sea_orm::{
    DbBackend, Value,
    sea_query::{Expr, PostgresQueryBuilder, QueryStatementWriter, SqliteQueryBuilder},
};

/// What a statement does. This decides what the answer holds and how the executor runs the statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Reads a few rows by key.
    Read,
    /// Reads possibly many rows by key.
    ReadMany,
    /// Changes rows. The answer holds their number.
    Write,
    /// Changes rows. The answer holds the rows.
    WriteReturning,
}

/// A statement to run.
#[derive(Debug, Clone)]
pub struct Statement {
    /// The text, with a numbered placeholder for each value: `$1` on Postgres, `?1` on SQLite.
    pub sql: Arc<str>,
    /// The values, by number.
    pub values: Vec<Value>,
    /// What it does.
    pub kind: Kind,
}

/// A type that both SeaORM's connection and the executor can send. Binding another type does not compile.
pub(crate) trait Bindable: Into<Value> + Into<Parameter> {}

impl<T: Into<Value> + Into<Parameter>> Bindable for T {}

/// Collects the values of one statement and hands out a placeholder for each.
///
/// The values are bound before the text is built, so that they can be used with a text that an earlier statement of the same
/// shape has left.
#[derive(Debug)]
pub(crate) struct Binds {
    backend: DbBackend,
    values: Vec<Value>,
}

/// The placeholder of a bound value. It can be used in a text any number of times.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Placeholder {
    backend: DbBackend,
    number: usize,
}

/// The placeholder of the owner whose rows a statement reads or changes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OwnerPlaceholder(Placeholder);

impl Binds {
    pub(crate) fn new(backend: DbBackend) -> Self {
        Self { backend, values: Vec::with_capacity(8) }
    }

    /// Binds the owner whose rows the statement reads or changes.
    pub(crate) fn owner(&mut self, owner: &OwnerId) -> OwnerPlaceholder {
        OwnerPlaceholder(self.add(owner.as_str()))
    }

    /// Binds a value.
    pub(crate) fn add(&mut self, value: impl Bindable) -> Placeholder {
        self.values.push(value.into());
        Placeholder { backend: self.backend, number: self.values.len() }
    }

    /// Binds an optional value.
    pub(crate) fn add_some(&mut self, value: Option<impl Bindable>) -> Option<Placeholder> {
        value.map(|value| self.add(value))
    }

    /// The statement with these values and a text that was built from their placeholders.
    pub(crate) fn statement(self, kind: Kind, sql: impl Into<Arc<str>>) -> Statement {
        Statement { sql: sql.into(), values: self.values, kind }
    }

    /// Builds the text of a statement. Values that were not bound here but are part of `query` become part of the text.
    pub(crate) fn text(&self, query: &impl QueryStatementWriter) -> Arc<str> {
        match self.backend {
            DbBackend::Sqlite => query.to_string(SqliteQueryBuilder).into(),
            _ => query.to_string(PostgresQueryBuilder).into(),
        }
    }
}

impl fmt::Display for Placeholder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.backend == DbBackend::Sqlite { '?' } else { '$' };
        write!(f, "{sign}{}", self.number)
    }
}

impl fmt::Display for OwnerPlaceholder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<Placeholder> for Expr {
    fn from(placeholder: Placeholder) -> Self {
        Self::custom_keyword(placeholder.to_string())
    }
}

impl From<OwnerPlaceholder> for Expr {
    fn from(OwnerPlaceholder(placeholder): OwnerPlaceholder) -> Self {
        placeholder.into()
    }
}
