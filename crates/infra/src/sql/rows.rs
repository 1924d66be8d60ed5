//! Converts rows to structs.

use std::marker::PhantomData;

use domain::{BoxError, OwnerId, RepositoryError};
use sea_orm::{EntityTrait, IdenStatic, Iterable, QueryResult};

use super::{
    owned::Owned,
    row::{Readable, Row},
    statement::{Binds, Placeholder},
    user_id,
};
use crate::layout::Layout;

/// Rows, as the driver returns them.
#[derive(Debug)]
pub enum Rows {
    /// From SeaORM's own connection.
    SeaOrm(Vec<QueryResult>),
    /// From the executor.
    Executor(pg_executor::Answer),
}

impl Rows {
    /// Reads each row.
    pub(crate) fn read<T, E>(&self, read: impl Fn(Row<'_>) -> Result<T, E>) -> Result<Vec<T>, E> {
        match self {
            Self::SeaOrm(rows) => rows.iter().map(Row::SeaOrm).map(read).collect(),
            Self::Executor(answer) => answer.rows.iter().map(Row::Executor).map(read).collect(),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        match self {
            Self::SeaOrm(rows) => rows.is_empty(),
            Self::Executor(answer) => answer.rows.is_empty(),
        }
    }

    /// The error for rows of another statement. Closes the executor's connection that they came over, since it may mix up further
    /// answers. SeaORM's own connection does not tell which one that was.
    pub(crate) fn mixed_up(&self, what: &str) -> RepositoryError {
        if let Self::Executor(answer) = self {
            answer.close_connection();
        }
        RepositoryError::Failed(format!("the database returned {what}").into())
    }
}

/// A resource that can be read from the rows of an entity.
pub(crate) trait FromRow: Sized {
    /// The table of the rows.
    type Entity: Owned;

    /// Reads a row that belongs to `owner`.
    fn from_row(owner: &OwnerId, row: EntityRow<'_, Self::Entity>) -> Result<Self, RepositoryError>;
}

/// A resource that can be written as a row of an entity.
pub(crate) trait ToRow {
    /// The table of the row.
    type Entity: Owned;

    /// Binds the value of each column.
    fn to_row(&self, binds: &mut Binds<'_>) -> NewRow<Self::Entity>;
}

/// The columns of a row, each with its value.
pub(crate) type NewRow<E> = Vec<(<E as EntityTrait>::Column, Placeholder)>;

/// A row with all columns of an entity, in the entity's order.
pub(crate) struct EntityRow<'r, E> {
    row: Row<'r>,
    entity: PhantomData<E>,
}

impl<E: Owned> EntityRow<'_, E> {
    /// The value of a column.
    pub(crate) fn get<T: Readable>(&self, column: E::Column) -> Result<T, RepositoryError> {
        self.row.get(E::index(column)).map_err(unreadable::<E>(column))
    }

    /// Whether the row belongs to this owner.
    fn is_of(&self, owner: &OwnerId, layout: &Layout) -> Result<bool, RepositoryError> {
        user_id::is_at(self.row, E::index(E::OWNER), owner, layout.id()).map_err(unreadable::<E>(E::OWNER))
    }
}

fn unreadable<E: Owned>(column: E::Column) -> impl FnOnce(BoxError) -> RepositoryError {
    move |cause| {
        let unreadable = UnreadableColumn { table: E::default().table_name(), column: column.as_str(), cause };
        RepositoryError::Failed(unreadable.into())
    }
}

/// Reads an owner's resources from rows. Each must be one that the statement asked for.
///
/// # Errors
///
/// [`RepositoryError::Failed`] if a row belongs to another owner, or was not asked for. Every statement names the owner and what
/// it looks for, so this should not happen. But other statements may share the connection, and if answers
/// were ever mixed up, nobody must see the wrong ones.
pub(crate) fn read<T: FromRow>(
    layout: &Layout,
    owner: &OwnerId,
    rows: &Rows,
    is_asked_for: impl Fn(&T) -> bool,
) -> Result<Vec<T>, RepositoryError> {
    rows.read(|row| {
        debug_assert!(has_columns_of::<T::Entity>(row));
        let row = EntityRow { row, entity: PhantomData };
        if !row.is_of(owner, layout)? {
            return Err(rows.mixed_up("a row of another owner"));
        }
        let resource = T::from_row(owner, row)?;
        if is_asked_for(&resource) { Ok(resource) } else { Err(rows.mixed_up("another row of the owner")) }
    })
}

fn has_columns_of<E: Owned>(row: Row<'_>) -> bool {
    E::Column::iter().map(|column| column.as_str()).eq(row.names().iter().map(String::as_str))
}

/// A column whose type is not the one that the migrations created.
#[derive(Debug, thiserror::Error)]
#[error("{table}.{column} cannot be read: {cause}")]
struct UnreadableColumn {
    table: &'static str,
    column: &'static str,
    cause: BoxError,
}
