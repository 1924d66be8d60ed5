//! One row, of either driver.

use domain::BoxError;
use pg_executor::tokio_postgres::{self, types::FromSqlOwned};
use sea_orm::{QueryResult, TryGetable};

/// One row, as the driver returns it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Row<'r> {
    SeaOrm(&'r QueryResult),
    Executor(&'r tokio_postgres::Row),
}

/// A type that both drivers read from its column type, and from no other.
pub(crate) trait Readable: TryGetable + FromSqlOwned {}

impl<T: TryGetable + FromSqlOwned> Readable for T {}

impl Row<'_> {
    /// The value of a column by its 0-based position. Lookup by name took a quarter of the time of a list.
    pub(crate) fn get<T: Readable>(self, index: usize) -> Result<T, BoxError> {
        match self {
            Self::SeaOrm(row) => row.try_get_by_index(index).map_err(BoxError::from),
            Self::Executor(row) => row.try_get(index).map_err(|error| match error.into_source() {
                Some(source) => source,
                None => "there is no such column".into(),
            }),
        }
    }

    /// The names of the columns.
    pub(super) fn names(self) -> Vec<String> {
        match self {
            Self::SeaOrm(row) => row.column_names(),
            Self::Executor(row) => row.columns().iter().map(|column| column.name().to_owned()).collect(),
        }
    }
}
