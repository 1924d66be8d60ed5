//! Rows to tasks and back.

use domain::{BoxError, Description, NewTask, OwnerId, RepositoryError, Task, TaskId, Timestamp, Title, Version};
use sea_orm::{
    ActiveValue::Set,
    DbErr, IdenStatic, Iterable, QueryResult, RuntimeErr,
    sea_query::{Query, ReturningClause},
};
use sqlx::{Column as _, ColumnIndex, Decode, Row, Type, types::Uuid};
use time::OffsetDateTime;

use super::entity::{ActiveModel, Column};
use crate::error::repository_error;

/// A row that this program did not write: it breaks a rule of the domain.
#[derive(Debug, thiserror::Error)]
#[error("the row of task {id} is broken: its {column} {rule}")]
struct BrokenRow {
    id: TaskId,
    column: &'static str,
    rule: domain::InvalidText,
}

pub(super) fn row(owner: &OwnerId, id: TaskId, task: &NewTask, now: Timestamp) -> ActiveModel {
    ActiveModel {
        user_id: Set(owner.as_str().to_owned()),
        id: Set(*id.as_uuid()),
        title: Set(task.title.as_str().to_owned()),
        description: Set(task.description.as_ref().map(|text| text.as_str().to_owned())),
        completed: Set(task.completed),
        created_at: Set(now.into()),
        updated_at: Set(now.into()),
        version: Set(Version::FIRST.get()),
    }
}

/// What a statement that changes a row returns of it, to be read as a task.
pub(super) fn columns() -> ReturningClause {
    Query::returning().columns(Column::iter())
}

/// The task in a row of the entity's columns, in their order. All statements ask for them like that, so that none has to be
/// looked up by its name: that took a quarter of a list.
pub(super) fn task(row: &QueryResult) -> Result<Task, RepositoryError> {
    if let Some(row) = row.try_as_pg_row() {
        read(row)
    } else if let Some(row) = row.try_as_sqlite_row() {
        read(row)
    } else {
        Err(RepositoryError::Failed("a row of neither Postgres nor SQLite".into()))
    }
}

fn read<'r, R>(row: &'r R) -> Result<Task, RepositoryError>
where
    R: Row,
    usize: ColumnIndex<R>,
    bool: Decode<'r, R::Database> + Type<R::Database>,
    i64: Decode<'r, R::Database> + Type<R::Database>,
    &'r str: Decode<'r, R::Database> + Type<R::Database>,
    OffsetDateTime: Decode<'r, R::Database> + Type<R::Database>,
    Uuid: Decode<'r, R::Database> + Type<R::Database>,
{
    debug_assert!(Column::iter().all(|column| row.column(column as usize).name() == column.as_str()));
    let id: Uuid = value(row, Column::Id)?;
    let broken = |column: Column| {
        move |rule| {
            let cause: BoxError = BrokenRow { id: id.into(), column: column.as_str(), rule }.into();
            RepositoryError::Failed(cause)
        }
    };
    let owner: &str = value(row, Column::UserId)?;
    let description: Option<&str> = value(row, Column::Description)?;
    let description = description.map(|text| Description::try_from(text.to_owned())).transpose();
    Ok(Task {
        id: id.into(),
        owner: OwnerId::try_from(owner.to_owned()).map_err(broken(Column::UserId))?,
        title: Title::try_from(value::<R, &str>(row, Column::Title)?).map_err(broken(Column::Title))?,
        description: description.map_err(broken(Column::Description))?,
        completed: value(row, Column::Completed)?,
        created_at: value::<R, OffsetDateTime>(row, Column::CreatedAt)?.into(),
        updated_at: value::<R, OffsetDateTime>(row, Column::UpdatedAt)?.into(),
        version: value::<R, i64>(row, Column::Version)?.into(),
    })
}

fn value<'r, R, T>(row: &'r R, column: Column) -> Result<T, RepositoryError>
where
    R: Row,
    usize: ColumnIndex<R>,
    T: Decode<'r, R::Database> + Type<R::Database>,
{
    row.try_get(column as usize).map_err(|error| {
        let error = match error {
            sqlx::Error::ColumnDecode { source, .. } => {
                sqlx::Error::ColumnDecode { index: column.as_str().to_owned(), source }
            }
            error => error,
        };
        repository_error(DbErr::Query(RuntimeErr::SqlxError(error.into())))
    })
}
