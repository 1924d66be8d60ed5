//! The use-cases on a user's tasks.

use super::{CompletedChange, NewTask, Task, TaskChanges, TaskId, TaskQuery};
use crate::{
    CreateOptions, CreateOutcome, IdempotencyKey, OwnerService, Page, Precondition, RepositoryError, UpdateOutcome,
};

/// The use-cases on the tasks of one user. There is no other access to tasks.
///
/// # Errors
///
/// The errors of each method are those of its counterpart in [`TaskRepository`](crate::TaskRepository).
pub struct OwnerTasks<'a>(&'a OwnerService);

impl OwnerService {
    /// The use-cases on this user's tasks.
    #[must_use]
    pub fn tasks(&self) -> OwnerTasks<'_> {
        OwnerTasks(self)
    }
}

impl OwnerTasks<'_> {
    /// Creates a task within the quota. With a key, repeated requests create only one.
    ///
    /// # Errors
    ///
    /// [`RepositoryError::UnknownOwner`] if the user does not exist and may not be provisioned.
    pub async fn create(
        &self,
        task: &NewTask,
        key: Option<IdempotencyKey>,
    ) -> Result<CreateOutcome<Task>, RepositoryError> {
        let Self(OwnerService { service, owner }) = self;
        let now = self.0.now();
        let id = TaskId::from(service.ids.next(now));
        let idempotency = key.map(|key| self.0.guard(key, now));
        let options = CreateOptions { idempotency, quota: service.task_quota };
        self.0.with_user(now, || service.tasks.create(&owner.id, id, task, &options, now)).await
    }

    /// One task, if the user has a task with this id.
    ///
    /// # Errors
    ///
    /// See [`OwnerTasks`].
    pub async fn get(&self, id: TaskId) -> Result<Option<Task>, RepositoryError> {
        let Self(OwnerService { service, owner }) = self;
        service.tasks.get(&owner.id, id).await
    }

    /// A page of the list, newest first.
    ///
    /// # Errors
    ///
    /// See [`OwnerTasks`].
    pub async fn list(&self, query: &TaskQuery) -> Result<Page<Task>, RepositoryError> {
        let Self(OwnerService { service, owner }) = self;
        service.tasks.list(&owner.id, query).await
    }

    /// Applies `changes` if `precondition` holds, and returns the task as it is afterwards.
    ///
    /// # Errors
    ///
    /// See [`OwnerTasks`].
    pub async fn update(
        &self,
        id: TaskId,
        changes: &TaskChanges,
        precondition: &Precondition,
    ) -> Result<UpdateOutcome<Task>, RepositoryError> {
        let Self(OwnerService { service, owner }) = self;
        service.tasks.update(&owner.id, id, changes, precondition, self.0.now()).await
    }

    /// Changes `completed` alone if `precondition` holds.
    ///
    /// # Errors
    ///
    /// See [`OwnerTasks`].
    pub async fn complete(
        &self,
        id: TaskId,
        completed: CompletedChange,
        precondition: &Precondition,
    ) -> Result<UpdateOutcome<Task>, RepositoryError> {
        self.update(id, &TaskChanges { completed, ..TaskChanges::default() }, precondition).await
    }

    /// Deletes a task if `precondition` holds.
    ///
    /// # Errors
    ///
    /// See [`OwnerTasks`].
    pub async fn delete(
        &self,
        id: TaskId,
        precondition: &Precondition,
    ) -> Result<UpdateOutcome<Task, ()>, RepositoryError> {
        let Self(OwnerService { service, owner }) = self;
        service.tasks.delete(&owner.id, id, precondition).await
    }
}
