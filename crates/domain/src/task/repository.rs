//! The port that stores tasks.

use async_trait::async_trait;

use super::{NewTask, Task, TaskChanges, TaskId, TaskQuery};
use crate::{CreateOptions, CreateOutcome, OwnerId, Page, Precondition, RepositoryError, Timestamp, UpdateOutcome};

/// Keeps tasks.
///
/// Duties of every implementation, tested by `testing::contract`:
///
/// - Every method takes the owner first and MUST NOT read or change a task of anyone else: such a task is absent.
/// - Every method MUST be atomic, and a change that it has reported MUST be durable.
/// - Concurrent changes of one task MUST take effect one after the other, and none may be lost.
///
/// # Errors
///
/// Every method: [`RepositoryError::Unavailable`] if the store cannot be reached in time, and
/// [`RepositoryError::Failed`] for any defect.
#[async_trait]
pub trait TaskRepository: Send + Sync {
    /// Creates a task with `now` as both its times and [`Version::FIRST`](crate::Version::FIRST), if `options` allow it.
    ///
    /// The conditions of `options` MUST be decided in the same moment as the task is created: of any number of creates
    /// under one key at most one takes place. A key that was used MUST be as durable as its task.
    ///
    /// # Errors
    ///
    /// MUST be [`RepositoryError::UnknownOwner`] if the owner is not among the users. The key is then free.
    async fn create(
        &self,
        owner: &OwnerId,
        id: TaskId,
        task: &NewTask,
        options: &CreateOptions,
        now: Timestamp,
    ) -> Result<CreateOutcome<Task>, RepositoryError>;

    /// The task with this id.
    async fn get(&self, owner: &OwnerId, id: TaskId) -> Result<Option<Task>, RepositoryError>;

    /// The owner's tasks that `query` selects, ordered by id, newest first. A user who does not exist has none.
    async fn list(&self, owner: &OwnerId, query: &TaskQuery) -> Result<Page<Task>, RepositoryError>;

    /// Applies `changes` if `precondition` holds, and returns the task as it is afterwards.
    ///
    /// The precondition MUST be decided in the same moment as the change takes place. A field that `changes` does not
    /// name MUST keep its value. `version` MUST grow by one. `updated_at` MUST become `now`, unless it is later than that
    /// already.
    async fn update(
        &self,
        owner: &OwnerId,
        id: TaskId,
        changes: &TaskChanges,
        precondition: &Precondition,
        now: Timestamp,
    ) -> Result<UpdateOutcome<Task>, RepositoryError>;

    /// Deletes the task if `precondition` holds, which MUST be decided as for [`update`](Self::update).
    async fn delete(
        &self,
        owner: &OwnerId,
        id: TaskId,
        precondition: &Precondition,
    ) -> Result<UpdateOutcome<Task, ()>, RepositoryError>;
}
