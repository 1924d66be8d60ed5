use std::{
    collections::{BTreeMap, BTreeSet, btree_map::Entry},
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;

use super::{alice, bob};
use crate::{
    CompletedChange, DescriptionChange, Identity, NewTask, Outcome, OwnerId, Page, Precondition, Readiness,
    RepositoryError, Task, TaskChanges, TaskId, TaskQuery, TaskRepository, Timestamp, UserProvisioner, Version,
};

/// A repository in memory that passes the same contract suite as the real ones. Alice and Bob are its users.
#[derive(Debug)]
pub struct InMemoryTasks(Mutex<State>);

#[derive(Debug)]
struct State {
    users: BTreeSet<OwnerId>,
    tasks: BTreeMap<(OwnerId, TaskId), Task>,
}

impl InMemoryTasks {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for InMemoryTasks {
    fn default() -> Self {
        let users = [alice().id, bob().id].into();
        Self(Mutex::new(State { users, tasks: BTreeMap::new() }))
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
        let mut state = self.state();
        if !state.users.contains(owner) {
            return Err(RepositoryError::UnknownOwner);
        }
        let task = Task {
            id,
            owner: owner.clone(),
            title: task.title.clone(),
            description: task.description.clone(),
            completed: task.completed,
            created_at: now,
            updated_at: now,
            version: Version::FIRST,
        };
        state.tasks.insert((owner.clone(), id), task.clone());
        Ok(task)
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
