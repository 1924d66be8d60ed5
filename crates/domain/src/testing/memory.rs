use std::{
    collections::{BTreeMap, BTreeSet, btree_map::Entry},
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;

use super::{alice, bob};
use crate::{
    CompletedChange, Creation, CreationTerms, DescriptionChange, Fingerprint, IdempotencyKey, IdempotencyKeys,
    Identity, NewTask, Once, Outcome, OwnerId, Page, Precondition, Readiness, RepositoryError, Task, TaskChanges,
    TaskId, TaskQuery, TaskRepository, Timestamp, UserProvisioner,
};

/// A repository in memory that passes the same contract suite as the real ones. Alice and Bob are its users.
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

    /// What became of an earlier create under this key.
    fn earlier(&self, owner: &OwnerId, once: &Once, task: &NewTask) -> Option<Creation> {
        let (fingerprint, first) = self.keys.get(&(owner.clone(), once.key.clone()))?;
        let is_known = first.created_at >= once.since;
        let is_same = *fingerprint == Fingerprint::from(task);
        is_known.then(|| if is_same { Creation::Replayed(first.clone()) } else { Creation::KeyReused })
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
        now: Timestamp,
    ) -> Result<Task, RepositoryError> {
        self.state().create(owner, id, task, now)
    }

    async fn create_on(
        &self,
        terms: &CreationTerms,
        owner: &OwnerId,
        id: TaskId,
        task: &NewTask,
        now: Timestamp,
    ) -> Result<Creation, RepositoryError> {
        let mut state = self.state();
        if let Some(creation) = terms.once.as_ref().and_then(|once| state.earlier(owner, once, task)) {
            return Ok(creation);
        }
        let has = state.tasks.values().filter(|task| task.owner == *owner).count();
        if terms.quota.is_some_and(|quota| has >= usize::try_from(quota).unwrap_or(usize::MAX)) {
            return Ok(Creation::QuotaReached);
        }
        let created = state.create(owner, id, task, now)?;
        if let Some(once) = &terms.once {
            state.keys.insert((owner.clone(), once.key.clone()), (Fingerprint::from(task), created.clone()));
        }
        Ok(Creation::Created(created))
    }

    async fn get(&self, owner: &OwnerId, id: TaskId) -> Result<Option<Task>, RepositoryError> {
        Ok(self.state().tasks.get(&(owner.clone(), id)).cloned())
    }

    async fn list(&self, owner: &OwnerId, query: &TaskQuery) -> Result<Page, RepositoryError> {
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
        Ok(Page::from_one_past(query.limit, selected))
    }

    async fn update(
        &self,
        owner: &OwnerId,
        id: TaskId,
        changes: &TaskChanges,
        precondition: &Precondition,
        now: Timestamp,
    ) -> Result<Outcome<Task>, RepositoryError> {
        let mut state = self.state();
        let Some(task) = state.tasks.get_mut(&(owner.clone(), id)) else {
            return Ok(Outcome::Absent);
        };
        if !holds(precondition, task) {
            return Ok(Outcome::Stale(task.clone()));
        }
        if let Some(title) = &changes.title {
            task.title = title.clone();
        }
        match &changes.description {
            DescriptionChange::Keep => {}
            DescriptionChange::Clear => task.description = None,
            DescriptionChange::Set(description) => task.description = Some(description.clone()),
        }
        match changes.completed {
            CompletedChange::Keep => {}
            CompletedChange::Set(completed) => task.completed = completed,
            CompletedChange::Toggle => task.completed = !task.completed,
        }
        task.updated_at = task.updated_at.max(now);
        task.version = task.version.next();
        Ok(Outcome::Done(task.clone()))
    }

    async fn delete(
        &self,
        owner: &OwnerId,
        id: TaskId,
        precondition: &Precondition,
    ) -> Result<Outcome<()>, RepositoryError> {
        match self.state().tasks.entry((owner.clone(), id)) {
            Entry::Vacant(_) => Ok(Outcome::Absent),
            Entry::Occupied(task) if !holds(precondition, task.get()) => Ok(Outcome::Stale(task.get().clone())),
            Entry::Occupied(task) => {
                task.remove();
                Ok(Outcome::Done(()))
            }
        }
    }
}

fn holds(precondition: &Precondition, task: &Task) -> bool {
    match precondition {
        Precondition::None => true,
        Precondition::Version(versions) => versions.contains(&task.version),
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
