//! The use-cases.

use std::{sync::Arc, time::Duration};

use time::OffsetDateTime;

use crate::{
    Clock, CompletedChange, Creation, CreationTerms, IdSource, IdempotencyKey, Identity, NewTask, Once, Outcome, Page,
    Precondition, RepositoryError, Task, TaskChanges, TaskId, TaskQuery, TaskRepository, Timestamp, UserProvisioner,
};

/// Everything that can be done with tasks, once it is known for whom: see [`for_owner`](Self::for_owner).
#[derive(Clone)]
pub struct TaskService {
    repository: Arc<dyn TaskRepository>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
    provisioner: Option<Arc<dyn UserProvisioner>>,
    quota: Option<u32>,
    replay_window: Duration,
}

impl TaskService {
    /// A day: for how long a create can be repeated under its key, unless [`replaying_for`](Self::replaying_for) says
    /// otherwise.
    pub const REPLAY_WINDOW: Duration = Duration::from_hours(24);

    /// A service for users that someone else makes.
    #[must_use]
    pub fn new(repository: Arc<dyn TaskRepository>, clock: Arc<dyn Clock>, ids: Arc<dyn IdSource>) -> Self {
        Self { repository, clock, ids, provisioner: None, quota: None, replay_window: Self::REPLAY_WINDOW }
    }

    /// The same service, which also makes the row of a verified user when it is missing.
    #[must_use]
    pub fn provisioning(self, provisioner: Arc<dyn UserProvisioner>) -> Self {
        Self { provisioner: Some(provisioner), ..self }
    }

    /// The same service, for users who may have this many tasks each and no more.
    #[must_use]
    pub fn with_quota(self, quota: u32) -> Self {
        Self { quota: Some(quota), ..self }
    }

    /// The same service, which knows the key of a create for this long.
    #[must_use]
    pub fn replaying_for(self, replay_window: Duration) -> Self {
        Self { replay_window, ..self }
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
    /// Creates a task, within the quota; under a key only once, however often it is asked for.
    ///
    /// # Errors
    ///
    /// [`RepositoryError::UnknownOwner`] if the user does not exist and is not to be made either.
    pub async fn create(&self, task: &NewTask, key: Option<IdempotencyKey>) -> Result<Creation, RepositoryError> {
        let now = self.service.clock.now();
        let id = self.service.ids.next(now);
        let once = key.map(|key| Once { key, since: before(now, self.service.replay_window) });
        let terms = CreationTerms { once, quota: self.service.quota };
        match (self.create_on(&terms, id, task, now).await, &self.service.provisioner) {
            (Err(RepositoryError::UnknownOwner), Some(provisioner)) => {
                provisioner.provision(&self.owner, now).await?;
                self.create_on(&terms, id, task, now).await
            }
            (outcome, _) => outcome,
        }
    }

    async fn create_on(
        &self,
        terms: &CreationTerms,
        id: TaskId,
        task: &NewTask,
        now: Timestamp,
    ) -> Result<Creation, RepositoryError> {
        let (repository, owner) = (&self.service.repository, &self.owner.id);
        if *terms == CreationTerms::default() {
            repository.create(owner, id, task, now).await.map(Creation::Created)
        } else {
            repository.create_on(terms, owner, id, task, now).await
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

fn before(time: Timestamp, span: Duration) -> Timestamp {
    let earlier = time::Duration::try_from(span).ok().and_then(|span| OffsetDateTime::from(time).checked_sub(span));
    earlier.unwrap_or(OffsetDateTime::UNIX_EPOCH).into()
}
