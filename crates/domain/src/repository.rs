//! What the domain needs of a store.

use async_trait::async_trait;

use crate::{
    Creation, CreationTerms, NewTask, Outcome, OwnerId, Page, Precondition, RepositoryError, Task, TaskChanges, TaskId,
    TaskQuery, Timestamp,
};

/// Keeps tasks.
///
/// Duties of every implementation, tested by `testing::contract`:
///
/// - Every method takes the owner first and MUST NOT read or touch a task of anyone else: such a task is absent.
/// - Every method MUST be atomic, and what it has answered MUST be durable.
/// - Concurrent changes of one task MUST take effect one after the other; none is lost.
///
/// # Errors
///
/// Every method: [`RepositoryError::Unavailable`] if the store cannot be reached in time, and
/// [`RepositoryError::Failed`] for what should not happen.
#[async_trait]
pub trait TaskRepository: Send + Sync {
    /// Adds a task with `now` as both its times and [`Version::FIRST`](crate::Version::FIRST), and returns it.
    ///
    /// # Errors
    ///
    /// MUST be [`RepositoryError::UnknownOwner`] if the owner is not among the users.
    async fn create(
        &self,
        owner: &OwnerId,
        id: TaskId,
        task: &NewTask,
        now: Timestamp,
    ) -> Result<Task, RepositoryError>;

    /// As [`create`](Self::create), on terms. What they ask MUST be decided in the same moment as the task is created:
    /// of any number of creates under one key, at most one takes place, and a key that was used is as durable as its task.
    ///
    /// # Errors
    ///
    /// As [`create`](Self::create); the key is then free.
    async fn create_on(
        &self,
        terms: &CreationTerms,
        owner: &OwnerId,
        id: TaskId,
        task: &NewTask,
        now: Timestamp,
    ) -> Result<Creation, RepositoryError>;

    /// The task with this id.
    async fn get(&self, owner: &OwnerId, id: TaskId) -> Result<Option<Task>, RepositoryError>;

    /// The owner's tasks that `query` selects, ordered by id, newest first. A user who does not exist has none.
    async fn list(&self, owner: &OwnerId, query: &TaskQuery) -> Result<Page, RepositoryError>;

    /// Applies `changes`, if `precondition` holds, and returns the task as it is after them.
    ///
    /// Whether it holds MUST be decided in the same moment as the change takes place. What `changes` does not name MUST stay. `version` MUST grow by one; `updated_at` MUST become `now`, or stay if it
    /// is later than that.
    async fn update(
        &self,
        owner: &OwnerId,
        id: TaskId,
        changes: &TaskChanges,
        precondition: &Precondition,
        now: Timestamp,
    ) -> Result<Outcome<Task>, RepositoryError>;

    /// Removes the task, if `precondition` holds; that MUST be decided as for [`update`](Self::update).
    async fn delete(
        &self,
        owner: &OwnerId,
        id: TaskId,
        precondition: &Precondition,
    ) -> Result<Outcome<()>, RepositoryError>;
}

/// Keeps the idempotency keys of creates, of all users.
#[async_trait]
pub trait IdempotencyKeys: Send + Sync {
    /// Forgets the keys that were last used before this, and returns how many there were.
    ///
    /// # Errors
    ///
    /// As [`TaskRepository`]. Some of them may be forgotten then.
    async fn forget_before(&self, time: Timestamp) -> Result<u64, RepositoryError>;
}

/// Tells whether the store can serve.
#[async_trait]
pub trait Readiness: Send + Sync {
    /// Succeeds if a request that arrives now would find the store at work.
    ///
    /// # Errors
    ///
    /// As [`TaskRepository`].
    async fn check(&self) -> Result<(), RepositoryError>;
}
