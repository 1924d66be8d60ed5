//! The values and steps of several cases.

use time::{Duration, OffsetDateTime};

use super::super::{FixedClock, alice, titled};
use crate::{
    Clock, CompletedChange, CreateOptions, Description, IdSource, NewTask, OwnerId, Precondition, Task, TaskChanges,
    TaskId, TaskQuery, TaskRepository, Timestamp, Title, UpdateOutcome, UuidV7Ids, Version,
};

pub(super) fn title(text: &str) -> Title {
    Title::try_from(text).unwrap()
}

pub(super) fn description(text: &str) -> Description {
    Description::try_from(text.to_owned()).unwrap()
}

pub(super) fn groceries() -> NewTask {
    NewTask { description: Some(description("Milk, eggs, bread")), ..titled("Buy groceries") }
}

pub(super) fn now() -> Timestamp {
    FixedClock::default().now()
}

pub(super) fn later(by: Duration) -> Timestamp {
    (OffsetDateTime::from(now()) + by).into()
}

pub(super) fn toggle() -> TaskChanges {
    TaskChanges { completed: CompletedChange::Toggle, ..TaskChanges::default() }
}

pub(super) fn renamed() -> TaskChanges {
    TaskChanges { title: Some(title("Buy wine")), ..TaskChanges::default() }
}

pub(super) fn seen(versions: &[i64]) -> Precondition {
    Precondition::Version(versions.iter().copied().map(Version::from).collect())
}

pub(super) fn excluded(versions: &[i64]) -> Precondition {
    Precondition::NotVersion(versions.iter().copied().map(Version::from).collect())
}

pub(super) fn fresh_id() -> TaskId {
    UuidV7Ids::default().next(now()).into()
}

pub(super) async fn create(tasks: &dyn TaskRepository, task: &NewTask) -> Task {
    create_as(tasks, &alice().id, fresh_id(), task).await
}

pub(super) async fn create_as(tasks: &dyn TaskRepository, owner: &OwnerId, id: TaskId, task: &NewTask) -> Task {
    tasks.create(owner, id, task, &CreateOptions::default(), now()).await.unwrap().created().unwrap()
}

/// Changes a task of Alice without a precondition and returns it.
pub(super) async fn change(tasks: &dyn TaskRepository, id: TaskId, changes: &TaskChanges, now: Timestamp) -> Task {
    match tasks.update(&alice().id, id, changes, &Precondition::None, now).await.unwrap() {
        UpdateOutcome::Done(task) => task,
        other => panic!("not changed: {other:?}"),
    }
}

pub(super) async fn delete(tasks: &dyn TaskRepository, owner: &OwnerId, id: TaskId) -> UpdateOutcome<Task, ()> {
    tasks.delete(owner, id, &Precondition::None).await.unwrap()
}

pub(super) async fn list(tasks: &dyn TaskRepository, query: TaskQuery) -> Vec<TaskId> {
    let page = tasks.list(&alice().id, &query).await.unwrap();
    page.items.iter().map(|task| task.id).collect()
}
