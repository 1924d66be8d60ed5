//! A statement and its bound values.

use std::{fmt, sync::Arc};

use domain::OwnerId;
use migration::IdType;
use pg_executor::Parameter;
use sea_orm::{
    DbBackend, Value,
    sea_query::{Expr, PostgresQueryBuilder, QueryStatementWriter, SqliteQueryBuilder},
};

use super::user_id;
use crate::layout::Layout;

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
pub(crate) struct Binds<'l> {
    layout: &'l Layout,
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
pub(crate) struct OwnerPlaceholder<'l> {
    placeholder: Placeholder,
    /// Where the rows are.
    pub(super) layout: &'l Layout,
}

impl<'l> Binds<'l> {
    pub(crate) fn new(layout: &'l Layout) -> Self {
        Self { layout, values: Vec::with_capacity(8) }
    }

    /// Binds the owner whose rows the statement reads or changes.
    pub(crate) fn owner(&mut self, owner: &OwnerId) -> OwnerPlaceholder<'l> {
        OwnerPlaceholder { placeholder: self.user(owner), layout: self.layout }
    }

    /// Binds the id of a user.
    pub(crate) fn user(&mut self, id: &OwnerId) -> Placeholder {
        self.push(user_id::value(id, self.layout.id()))
    }

    /// Binds a value.
    pub(crate) fn add(&mut self, value: impl Bindable) -> Placeholder {
        self.push(value.into())
    }

    fn push(&mut self, value: Value) -> Placeholder {
        self.values.push(value);
        Placeholder { backend: self.layout.backend(), number: self.values.len() }
    }

    /// Binds an optional value.
    pub(crate) fn add_some(&mut self, value: Option<impl Bindable>) -> Option<Placeholder> {
        value.map(|value| self.add(value))
    }

    /// The statement with these values and the text of `query`. Values that were not bound here but are part of `query` become
    /// part of the text.
    pub(crate) fn statement(self, kind: Kind, query: &impl QueryStatementWriter) -> Statement {
        let text = self.text(query);
        self.with_text(kind, text)
    }

    /// The same with a text that was built before. Only for [`Shapes`](super::Shapes): all other code passes a query, and what
    /// starts a query adds the owner's filter.
    pub(super) fn with_text(self, kind: Kind, text: Arc<str>) -> Statement {
        Statement { sql: text, values: self.values, kind }
    }

    /// Builds the text of a statement.
    pub(super) fn text(&self, query: &impl QueryStatementWriter) -> Arc<str> {
        match self.layout.backend() {
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

impl OwnerPlaceholder<'_> {
    /// The owner's id as text, whatever the type of the column.
    pub(super) fn as_text(&self) -> String {
        match self.layout.id() {
            IdType::Text | IdType::IntegerAsText => self.placeholder.to_string(),
            IdType::Uuid | IdType::SmallInt | IdType::Integer | IdType::BigInt => {
                format!("CAST({} AS text)", self.placeholder)
            }
        }
    }
}

impl From<Placeholder> for Expr {
    fn from(placeholder: Placeholder) -> Self {
        Self::custom_keyword(placeholder.to_string())
    }
}

impl From<OwnerPlaceholder<'_>> for Expr {
    fn from(owner: OwnerPlaceholder<'_>) -> Self {
        owner.placeholder.into()
    }
}
