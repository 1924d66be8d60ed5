//! Rows to tasks and back.

use domain::{BoxError, Description, OwnerId, RepositoryError, Task, TaskId, Title};
use sea_orm::{
    IdenStatic, Iterable, QueryResult,
    sea_query::{Query, ReturningClause},
};
use sqlx::{Column as _, Decode, Postgres, Row as _, Sqlite, Type, postgres::PgRow, sqlite::SqliteRow, types::Uuid};
use time::OffsetDateTime;
use tokio_postgres::types::FromSql;

use super::entity::{Column, Model};
use crate::connection::Rows;

/// A row that this program did not write: it breaks a rule of the domain.
#[derive(Debug, thiserror::Error)]
#[error("the row of task {id} is broken: its {column} {rule}")]
struct BrokenRow {
    id: TaskId,
    column: &'static str,
    rule: domain::InvalidText,
}

/// A column of another type than this program made it of.
#[derive(Debug, thiserror::Error)]
#[error("{column} cannot be read: {cause}")]
struct UnreadableColumn {
    column: &'static str,
    cause: BoxError,
}

pub(super) fn row(task: &Task) -> Model {
    Model {
        user_id: task.owner.as_str().to_owned(),
        id: *task.id.as_uuid(),
        title: task.title.as_str().to_owned(),
        description: task.description.as_ref().map(|text| text.as_str().to_owned()),
        completed: task.completed,
        created_at: task.created_at.into(),
        updated_at: task.updated_at.into(),
        version: task.version.get(),
    }
}

/// A row with nothing in it but its key, for statements that name no other column or to be set first.
pub(super) fn blank(owner: &OwnerId, id: Uuid) -> Model {
    Model {
        user_id: owner.as_str().to_owned(),
        id,
        title: String::new(),
        description: None,
        completed: false,
        created_at: OffsetDateTime::UNIX_EPOCH,
        updated_at: OffsetDateTime::UNIX_EPOCH,
        version: 0,
    }
}

/// What a statement that changes a row returns of it, to be read as a task.
pub(super) fn columns() -> ReturningClause {
    Query::returning().columns(Column::iter())
}

/// The tasks of an owner in rows. The statement named the owner, and the connection may be shared with statements of others:
/// should either ever be mixed up, nobody sees what comes of it.
pub(super) fn tasks(owner: &OwnerId, rows: &Rows) -> Result<Vec<Task>, RepositoryError> {
    let tasks: Result<Vec<Task>, _> = match rows {
        Rows::Sqlx(rows) => rows.iter().map(task).collect(),
        Rows::TokioPostgres(rows) => rows.iter().map(read).collect(),
    };
    let tasks = tasks?;
    if tasks.iter().any(|task| task.owner != *owner) {
        return Err(RepositoryError::Failed("the database answered with rows of another owner".into()));
    }
    Ok(tasks)
}

/// The task in a row of the entity's columns, in their order. All statements ask for them like that, so that none has to be
/// looked up by its name: that took a quarter of a list.
fn task(row: &QueryResult) -> Result<Task, RepositoryError> {
    if let Some(row) = row.try_as_pg_row() {
        read(row)
    } else if let Some(row) = row.try_as_sqlite_row() {
        read(row)
    } else {
        Err(RepositoryError::Failed("a row of neither Postgres nor SQLite".into()))
    }
}

/// A row, as one of the drivers has it.
trait Source {
    fn name(&self, column: usize) -> &str;

    fn value<'r, T: Value<'r>>(&'r self, column: usize) -> Result<T, BoxError>;
}

/// What each driver can read from a column of the type that is meant for it, and from no other.
trait Value<'r>: Decode<'r, Postgres> + Type<Postgres> + Decode<'r, Sqlite> + Type<Sqlite> + FromSql<'r> {}

impl<'r, T> Value<'r> for T where
    T: Decode<'r, Postgres> + Type<Postgres> + Decode<'r, Sqlite> + Type<Sqlite> + FromSql<'r>
{
}

impl Source for PgRow {
    fn name(&self, column: usize) -> &str {
        self.column(column).name()
    }

    fn value<'r, T: Value<'r>>(&'r self, column: usize) -> Result<T, BoxError> {
        self.try_get(column).map_err(cause)
    }
}

impl Source for SqliteRow {
    fn name(&self, column: usize) -> &str {
        self.column(column).name()
    }

    fn value<'r, T: Value<'r>>(&'r self, column: usize) -> Result<T, BoxError> {
        self.try_get(column).map_err(cause)
    }
}

impl Source for tokio_postgres::Row {
    fn name(&self, column: usize) -> &str {
        self.columns()[column].name()
    }

    fn value<'r, T: Value<'r>>(&'r self, column: usize) -> Result<T, BoxError> {
        self.try_get(column).map_err(|error| error.into_source().unwrap_or_else(|| "there is no such column".into()))
    }
}

/// Without the number of the column, in whose place its name comes.
fn cause(error: sqlx::Error) -> BoxError {
    match error {
        sqlx::Error::ColumnDecode { source, .. } => source,
        error => error.into(),
    }
}

fn read(row: &impl Source) -> Result<Task, RepositoryError> {
    debug_assert!(Column::iter().all(|column| row.name(column as usize) == column.as_str()));
    let id: Uuid = value(row, Column::Id)?;
    let broken = |column: Column| {
        move |rule| {
            let cause: BoxError = BrokenRow { id: id.into(), column: column.as_str(), rule }.into();
            RepositoryError::Failed(cause)
        }
    };
    let owner: &str = value(row, Column::UserId)?;
    let title: &str = value(row, Column::Title)?;
    let description: Option<&str> = value(row, Column::Description)?;
    let description = description.map(|text| Description::try_from(text.to_owned())).transpose();
    Ok(Task {
        id: id.into(),
        owner: OwnerId::try_from(owner.to_owned()).map_err(broken(Column::UserId))?,
        title: Title::try_from(title).map_err(broken(Column::Title))?,
        description: description.map_err(broken(Column::Description))?,
        completed: value(row, Column::Completed)?,
        created_at: value::<OffsetDateTime>(row, Column::CreatedAt)?.into(),
        updated_at: value::<OffsetDateTime>(row, Column::UpdatedAt)?.into(),
        version: value::<i64>(row, Column::Version)?.into(),
    })
}

fn value<'r, T: Value<'r>>(row: &'r impl Source, column: Column) -> Result<T, RepositoryError> {
    row.value(column as usize).map_err(|cause| {
        let unreadable = UnreadableColumn { column: column.as_str(), cause };
        RepositoryError::Failed(unreadable.into())
    })
}
