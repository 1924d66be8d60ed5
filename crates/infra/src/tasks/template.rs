//! Statements without their values.

use std::str::FromStr;

use sea_orm::{DbBackend, IdenStatic, ModelTrait, Statement, StatementBuilder, Value, Values};

use super::entity::{Column, Model};

/// A statement without its values.
#[derive(Debug)]
pub(super) struct Template {
    backend: DbBackend,
    text: String,
    places: Vec<Place>,
}

/// What stands in the place of a parameter.
#[derive(Debug)]
enum Place {
    /// What a row has in this column.
    Column(Column),
    Constant(Value),
}

/// Begins every placeholder. No text of a user's may hold it, and no id: a statement that nobody filled in finds nobody.
const MARK: char = '\0';

/// Stands for what a row has in a column, in a statement that is to be a template.
pub(super) fn placeholder(column: Column) -> Value {
    format!("{MARK}{}", column.as_str()).into()
}

impl Template {
    /// Keeps a statement with placeholders.
    pub(super) fn new(backend: DbBackend, statement: &impl StatementBuilder) -> Self {
        let Statement { sql: text, values, .. } = backend.build(statement);
        let places = values.into_iter().flat_map(|Values(values)| values).map(Place::of).collect();
        Self { backend, text, places }
    }

    /// The statement with the values of a row.
    pub(super) fn fill(&self, row: &Model) -> Statement {
        let values = self.places.iter().map(|place| match place {
            Place::Column(column) => row.get(*column),
            Place::Constant(value) => value.clone(),
        });
        Statement::from_sql_and_values(self.backend, self.text.as_str(), values)
    }
}

impl Place {
    fn of(value: Value) -> Self {
        let column = match &value {
            Value::String(Some(text)) => text.strip_prefix(MARK).and_then(|name| Column::from_str(name).ok()),
            _ => None,
        };
        column.map_or(Self::Constant(value), Self::Column)
    }
}
