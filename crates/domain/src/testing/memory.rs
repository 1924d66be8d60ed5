//! The in-memory repository.

use std::{
    collections::{BTreeMap, BTreeSet, btree_map::Entry},
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;

use super::{alice, bob};
use crate::{
    CreateOptions, CreateOutcome, Fingerprint, IdempotencyGuard, IdempotencyKey, IdempotencyKeys, Identity, NewTask,
    OwnerId, Page, Precondition, Readiness, RepositoryError, Task, TaskChanges, TaskId, TaskQuery, TaskRepository,
    Timestamp, UpdateOutcome, UserProvisioner,
};

/// A repository in memory that passes the same contract suite as the real adapters. Its users are Alice and Bob.
#[derive(Debug)]
pub struct InMemoryTasks(Mutex<State>);

#[derive(Debug)]
struct State {
    users: BTreeSet<OwnerId>,
    tasks: BTreeMap<(OwnerId, TaskId), Task>,
    keys: BTreeMap<(OwnerId, IdempotencyKey), (Fingerprint, Task)>,
}

impl State {
    fn create(&mut self, owner: &OwnerId, id: TaskId, task: &NewTask, now: Timestamp) -> Result<Task, RepositoryError> {
        if !self.users.contains(owner) {
            return Err(RepositoryError::UnknownOwner);
        }
        let task = Task::created(owner.clone(), id, task.clone(), now);
        self.tasks.insert((owner.clone(), id), task.clone());
        Ok(task)
    }

    /// The outcome of an earlier create with this key.
    fn earlier(&self, owner: &OwnerId, guard: &IdempotencyGuard, task: &NewTask) -> Option<CreateOutcome<Task>> {
        let (fingerprint, first) = self.keys.get(&(owner.clone(), guard.key.clone()))?;
        let is_remembered = first.created_at >= guard.since;
        let is_same = *fingerprint == Fingerprint::from(task);
        is_remembered.then(|| if is_same { CreateOutcome::Replayed(first.clone()) } else { CreateOutcome::KeyReused })
    }
}

impl InMemoryTasks {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for InMemoryTasks {
    fn default() -> Self {
        let users = [alice().id, bob().id].into();
        Self(Mutex::new(State { users, tasks: BTreeMap::new(), keys: BTreeMap::new() }))
    }
}

#[async_trait]
impl TaskRepository for InMemoryTasks {
    async fn create(
        &self,
        owner: &OwnerId,
        id: TaskId,
        task: &NewTask,
        options: &CreateOptions,
        now: Timestamp,
    ) -> Result<CreateOutcome<Task>, RepositoryError> {
        let mut state = self.state();
        if let Some(outcome) = options.idempotency.as_ref().and_then(|guard| state.earlier(owner, guard, task)) {
            return Ok(outcome);
        }
        let is_reached = |quota| state.tasks.keys().filter(|(other, _)| other == owner).count() >= quota;
        if options.quota.is_some_and(|quota| is_reached(usize::try_from(quota).unwrap_or(usize::MAX))) {
            return Ok(CreateOutcome::QuotaReached);
        }
        let keys = state.keys.keys().filter(|(other, _)| other == owner).count();
        let has_many_keys = |quota| keys >= usize::try_from(quota).unwrap_or(usize::MAX);
        if options.idempotency.is_some() && options.key_quota().is_some_and(has_many_keys) {
            return Ok(CreateOutcome::TooManyKeys);
        }
        let created = state.create(owner, id, task, now)?;
        if let Some(guard) = &options.idempotency {
            state.keys.insert((owner.clone(), guard.key.clone()), (Fingerprint::from(task), created.clone()));
        }
        Ok(CreateOutcome::Created(created))
    }

    async fn get(&self, owner: &OwnerId, id: TaskId) -> Result<Option<Task>, RepositoryError> {
        Ok(self.state().tasks.get(&(owner.clone(), id)).cloned())
    }

    async fn list(&self, owner: &OwnerId, query: &TaskQuery) -> Result<Page<Task>, RepositoryError> {
        let state = self.state();
        let selected = state
            .tasks
            .values()
            .rev()
            .filter(|task| task.owner == *owner)
            .filter(|task| query.completed.is_none_or(|completed| task.completed == completed))
            .filter(|task| query.older_than.is_none_or(|id| task.id < id))
            .take(usize::from(query.limit.get()) + 1)
            .cloned()
            .collect();
        Ok(Page::from_one_past(query.limit, selected, Task::text_bytes))
    }

    async fn update(
        &self,
        owner: &OwnerId,
        id: TaskId,
        changes: &TaskChanges,
        precondition: &Precondition,
        now: Timestamp,
    ) -> Result<UpdateOutcome<Task>, RepositoryError> {
        let mut state = self.state();
        let Some(task) = state.tasks.get_mut(&(owner.clone(), id)) else {
            return Ok(UpdateOutcome::Absent);
        };
        if !precondition.allows(task.version) {
            return Ok(UpdateOutcome::Stale(task.clone()));
        }
        changes.apply(task, now);
        Ok(UpdateOutcome::Done(task.clone()))
    }

    async fn delete(
        &self,
        owner: &OwnerId,
        id: TaskId,
        precondition: &Precondition,
    ) -> Result<UpdateOutcome<Task, ()>, RepositoryError> {
        match self.state().tasks.entry((owner.clone(), id)) {
            Entry::Vacant(_) => Ok(UpdateOutcome::Absent),
            Entry::Occupied(task) if !precondition.allows(task.get().version) => {
                Ok(UpdateOutcome::Stale(task.get().clone()))
            }
            Entry::Occupied(task) => {
                task.remove();
                Ok(UpdateOutcome::Done(()))
            }
        }
    }
}

#[async_trait]
impl IdempotencyKeys for InMemoryTasks {
    async fn forget_before(&self, time: Timestamp) -> Result<u64, RepositoryError> {
        let keys = &mut self.state().keys;
        let before = keys.len();
        keys.retain(|_, (_, first)| first.created_at >= time);
        Ok(u64::try_from(before - keys.len()).unwrap_or(u64::MAX))
    }
}

#[async_trait]
impl UserProvisioner for InMemoryTasks {
    async fn provision(&self, user: &Identity, _now: Timestamp) -> Result<(), RepositoryError> {
        self.state().users.insert(user.id.clone());
        Ok(())
    }
}

#[async_trait]
impl Readiness for InMemoryTasks {
    async fn check(&self) -> Result<(), RepositoryError> {
        Ok(())
    }
}
