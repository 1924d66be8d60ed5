//! The port that stores tasks.

use async_trait::async_trait;

use super::{NewTask, Task, TaskChanges, TaskId, TaskQuery};
use crate::{CreateOptions, CreateOutcome, OwnerId, Page, Precondition, RepositoryError, Timestamp, UpdateOutcome};

/// Stores tasks.
///
/// Duties of every implementation, tested by `testing::contract`:
///
/// - Every method takes the owner first and MUST treat other users' tasks as absent.
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
    /// The check of `options` and the create MUST be one atomic step: of any number of creates with one key at most one takes
    /// effect. A used key MUST be as durable as its task.
    ///
    /// # Errors
    ///
    /// MUST be [`RepositoryError::UnknownOwner`] if there is no user with the owner's id. The key then remains unused.
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

    /// The owner's tasks that match `query`, ordered by id, newest first. A user who does not exist has none.
    async fn list(&self, owner: &OwnerId, query: &TaskQuery) -> Result<Page<Task>, RepositoryError>;

    /// Applies `changes` if `precondition` holds, and returns the task as it is afterwards.
    ///
    /// The check of the precondition and the change MUST be one atomic step. A field that `changes` does not name MUST keep its
    /// value. `version` MUST grow by one. `updated_at` MUST become `now`, unless it is already later.
    async fn update(
        &self,
        owner: &OwnerId,
        id: TaskId,
        changes: &TaskChanges,
        precondition: &Precondition,
        now: Timestamp,
    ) -> Result<UpdateOutcome<Task>, RepositoryError>;

    /// Deletes the task if `precondition` holds. The check MUST be atomic as in [`update`](Self::update).
    async fn delete(
        &self,
        owner: &OwnerId,
        id: TaskId,
        precondition: &Precondition,
    ) -> Result<UpdateOutcome<Task, ()>, RepositoryError>;
}
