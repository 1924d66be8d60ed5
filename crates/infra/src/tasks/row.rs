//! Rows to tasks and back.

use domain::{BoxError, Description, NewTask, OwnerId, RepositoryError, Task, TaskId, Timestamp, Title, Version};
use sea_orm::{
    ActiveValue::Set,
    DbErr, Iterable, QueryResult, RuntimeErr,
    sea_query::{Query, ReturningClause},
};
use sqlx::{ColumnIndex, Decode, Row, types::Uuid};
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
    &'r str: Decode<'r, R::Database>,
    Uuid: Decode<'r, R::Database>,
    bool: Decode<'r, R::Database>,
    OffsetDateTime: Decode<'r, R::Database>,
    i64: Decode<'r, R::Database>,
{
    let text = |at: usize| row.try_get_unchecked::<&str, _>(at).map_err(unreadable);
    let time = |at: usize| row.try_get_unchecked::<OffsetDateTime, _>(at).map_err(unreadable);
    let id = TaskId::from(row.try_get_unchecked::<Uuid, _>(1).map_err(unreadable)?);
    let broken = |column| {
        move |rule| {
            let cause: BoxError = BrokenRow { id, column, rule }.into();
            RepositoryError::Failed(cause)
        }
    };
    let description: Option<&str> = row.try_get_unchecked(3).map_err(unreadable)?;
    Ok(Task {
        id,
        owner: OwnerId::try_from(text(0)?.to_owned()).map_err(broken("user_id"))?,
        title: Title::try_from(text(2)?).map_err(broken("title"))?,
        description: description
            .map(|text| Description::try_from(text.to_owned()))
            .transpose()
            .map_err(broken("description"))?,
        completed: row.try_get_unchecked(4).map_err(unreadable)?,
        created_at: time(5)?.into(),
        updated_at: time(6)?.into(),
        version: Version::from(row.try_get_unchecked::<i64, _>(7).map_err(unreadable)?),
    })
}

fn unreadable(error: sqlx::Error) -> RepositoryError {
    repository_error(DbErr::Query(RuntimeErr::SqlxError(error.into())))
}
