//! Rows to tasks and back.

use domain::{BoxError, Description, NewTask, OwnerId, RepositoryError, Task, TaskId, Timestamp, Title, Version};
use sea_orm::ActiveValue::Set;

use super::entity::{ActiveModel, Model};

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

pub(super) fn task(row: Model) -> Result<Task, RepositoryError> {
    let id = TaskId::from(row.id);
    let broken = |column| {
        move |rule| {
            let cause: BoxError = BrokenRow { id, column, rule }.into();
            RepositoryError::Failed(cause)
        }
    };
    Ok(Task {
        id,
        owner: OwnerId::try_from(row.user_id).map_err(broken("user_id"))?,
        title: Title::try_from(row.title.as_str()).map_err(broken("title"))?,
        description: row.description.map(Description::try_from).transpose().map_err(broken("description"))?,
        completed: row.completed,
        created_at: row.created_at.into(),
        updated_at: row.updated_at.into(),
        version: Version::from(row.version),
    })
}
