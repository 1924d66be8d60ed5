//! The use-cases.

use std::sync::Arc;

use crate::{
    Clock, CompletedChange, IdSource, Identity, NewTask, Outcome, Page, Precondition, RepositoryError, Task,
    TaskChanges, TaskId, TaskQuery, TaskRepository, UserProvisioner,
};

/// Everything that can be done with tasks, once it is known for whom: see [`for_owner`](Self::for_owner).
#[derive(Clone)]
pub struct TaskService {
    repository: Arc<dyn TaskRepository>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
    provisioner: Option<Arc<dyn UserProvisioner>>,
}

impl TaskService {
    /// A service for users that someone else makes.
    #[must_use]
    pub fn new(repository: Arc<dyn TaskRepository>, clock: Arc<dyn Clock>, ids: Arc<dyn IdSource>) -> Self {
        Self { repository, clock, ids, provisioner: None }
    }

    /// The same service, which also makes the row of a verified user when it is missing.
    #[must_use]
    pub fn provisioning(self, provisioner: Arc<dyn UserProvisioner>) -> Self {
        Self { provisioner: Some(provisioner), ..self }
    }

    /// The use-cases on the tasks of one user.
    #[must_use]
    pub fn for_owner(&self, owner: Identity) -> OwnerTasks {
        OwnerTasks { service: self.clone(), owner }
    }
}

/// The use-cases on the tasks of one user. There is no other way to reach a task.
///
/// # Errors
///
/// Every method fails as the [`TaskRepository`] method of the same purpose does.
pub struct OwnerTasks {
    service: TaskService,
    owner: Identity,
}

impl OwnerTasks {
    /// Makes a task.
    ///
    /// # Errors
    ///
    /// [`RepositoryError::UnknownOwner`] if the user does not exist and is not to be made either.
    pub async fn create(&self, task: &NewTask) -> Result<Task, RepositoryError> {
        let now = self.service.clock.now();
        let id = self.service.ids.next(now);
        let repository = &self.service.repository;
        match (repository.create(&self.owner.id, id, task, now).await, &self.service.provisioner) {
            (Err(RepositoryError::UnknownOwner), Some(provisioner)) => {
                provisioner.provision(&self.owner, now).await?;
                repository.create(&self.owner.id, id, task, now).await
            }
            (outcome, _) => outcome,
        }
    }

    /// One task, if there is one with this id.
    ///
    /// # Errors
    ///
    /// See [`OwnerTasks`].
    pub async fn get(&self, id: TaskId) -> Result<Option<Task>, RepositoryError> {
        self.service.repository.get(&self.owner.id, id).await
    }

    /// A page of the list, newest first.
    ///
    /// # Errors
    ///
    /// See [`OwnerTasks`].
    pub async fn list(&self, query: &TaskQuery) -> Result<Page, RepositoryError> {
        self.service.repository.list(&self.owner.id, query).await
    }

    /// Changes what `changes` names, if `precondition` holds, and returns the task as it then is.
    ///
    /// # Errors
    ///
    /// See [`OwnerTasks`].
    pub async fn update(
        &self,
        id: TaskId,
        changes: &TaskChanges,
        precondition: &Precondition,
    ) -> Result<Outcome<Task>, RepositoryError> {
        self.service.repository.update(&self.owner.id, id, changes, precondition, self.service.clock.now()).await
    }

    /// Marks a task as done or not done, if `precondition` holds, and changes nothing else.
    ///
    /// # Errors
    ///
    /// See [`OwnerTasks`].
    pub async fn complete(
        &self,
        id: TaskId,
        completed: CompletedChange,
        precondition: &Precondition,
    ) -> Result<Outcome<Task>, RepositoryError> {
        self.update(id, &TaskChanges { completed, ..TaskChanges::default() }, precondition).await
    }

    /// Removes a task, if `precondition` holds.
    ///
    /// # Errors
    ///
    /// See [`OwnerTasks`].
    pub async fn delete(&self, id: TaskId, precondition: &Precondition) -> Result<Outcome<()>, RepositoryError> {
        self.service.repository.delete(&self.owner.id, id, precondition).await
    }
}
