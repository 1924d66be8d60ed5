//! The common parts of all use-cases, and the handle that binds them to one owner.

use std::{sync::Arc, time::Duration};

use time::OffsetDateTime;

use crate::{
    Clock, IdSource, IdempotencyGuard, IdempotencyKey, Identity, RepositoryError, TaskRepository, Timestamp,
    UserProvisioner,
};

/// The ports and policies behind all use-cases. [`for_owner`](Self::for_owner) is the only way to a use-case.
#[derive(Clone)]
pub struct Service {
    pub(crate) tasks: Arc<dyn TaskRepository>,
    pub(crate) task_quota: Option<u32>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn IdSource>,
    provisioner: Option<Arc<dyn UserProvisioner>>,
    replay_window: Duration,
}

impl Service {
    /// The default for how long a create can be repeated with its key: one day. [`replaying_for`](Self::replaying_for) changes
    /// it.
    pub const REPLAY_WINDOW: Duration = Duration::from_hours(24);

    /// A service that does not create users.
    #[must_use]
    pub fn new(tasks: Arc<dyn TaskRepository>, clock: Arc<dyn Clock>, ids: Arc<dyn IdSource>) -> Self {
        Self { tasks, task_quota: None, clock, ids, provisioner: None, replay_window: Self::REPLAY_WINDOW }
    }

    /// The same service, which also creates the row of a verified user when it is missing.
    #[must_use]
    pub fn provisioning(self, provisioner: Arc<dyn UserProvisioner>) -> Self {
        Self { provisioner: Some(provisioner), ..self }
    }

    /// The same service, where each user may have at most `quota` tasks.
    #[must_use]
    pub fn with_task_quota(self, quota: u32) -> Self {
        Self { task_quota: Some(quota), ..self }
    }

    /// The same service, which remembers idempotency keys for `replay_window`.
    #[must_use]
    pub fn replaying_for(self, replay_window: Duration) -> Self {
        Self { replay_window, ..self }
    }

    /// The use-cases of one user.
    #[must_use]
    pub fn for_owner(&self, owner: Identity) -> OwnerService {
        OwnerService { service: self.clone(), owner }
    }
}

/// The use-cases of one user. Each resource adds a method that returns its own, such as `tasks`.
pub struct OwnerService {
    pub(crate) service: Service,
    pub(crate) owner: Identity,
}

impl OwnerService {
    pub(crate) fn now(&self) -> Timestamp {
        self.service.clock.now()
    }

    /// The guard of a create under this key at `now`.
    pub(crate) fn guard(&self, key: IdempotencyKey, now: Timestamp) -> IdempotencyGuard {
        IdempotencyGuard { key, since: before(now, self.service.replay_window) }
    }

    /// Runs a create. If the user's row is missing and may be created, provisions it and runs the create again.
    pub(crate) async fn with_user<T, F: Future<Output = Result<T, RepositoryError>>>(
        &self,
        now: Timestamp,
        create: impl Fn() -> F,
    ) -> Result<T, RepositoryError> {
        match (create().await, &self.service.provisioner) {
            (Err(RepositoryError::UnknownOwner), Some(provisioner)) => {
                provisioner.provision(&self.owner, now).await?;
                create().await
            }
            (outcome, _) => outcome,
        }
    }
}

fn before(time: Timestamp, span: Duration) -> Timestamp {
    let earlier = time::Duration::try_from(span).ok().and_then(|span| OffsetDateTime::from(time).checked_sub(span));
    earlier.unwrap_or(OffsetDateTime::UNIX_EPOCH).into()
}
