//! The cases of updates and deletes.

use time::Duration;

use super::{
    super::alice,
    common::{change, create, delete, description, fresh_id, groceries, later, list, now, renamed, title, toggle},
};
use crate::{
    CompletedChange, FieldChange, Precondition, Task, TaskChanges, TaskQuery, TaskRepository, UpdateOutcome, Version,
};

pub async fn an_update_changes_only_the_fields_it_names(tasks: &dyn TaskRepository) {
    let before = create(tasks, &groceries()).await;
    let moment = later(Duration::SECOND);

    let after = change(tasks, before.id, &renamed(), moment).await;

    let expected = Task { title: title("Buy wine"), updated_at: moment, version: Version::from(2), ..before };
    assert_eq!(after, expected);
    assert_eq!(tasks.get(&alice().id, after.id).await.unwrap(), Some(expected));
}

pub async fn an_update_clears_a_description(tasks: &dyn TaskRepository) {
    let task = create(tasks, &groceries()).await;
    let changes = |description| TaskChanges { description, ..TaskChanges::default() };

    let cleared = change(tasks, task.id, &changes(FieldChange::Clear), now()).await;
    assert_eq!(cleared.description, None);

    let set = changes(FieldChange::Set(description("Bread")));
    let set = change(tasks, task.id, &set, now()).await;
    assert_eq!(set.description, Some(description("Bread")));
}

pub async fn every_change_adds_one_to_the_version(tasks: &dyn TaskRepository) {
    let task = create(tasks, &groceries()).await;
    let mut versions = vec![task.version.get()];

    for changes in [renamed(), toggle(), renamed()] {
        let changed = change(tasks, task.id, &changes, now()).await;
        versions.push(changed.version.get());
    }

    assert_eq!(versions, [1, 2, 3, 4]);
}

pub async fn completed_is_set_or_toggled(tasks: &dyn TaskRepository) {
    let task = create(tasks, &groceries()).await;
    let steps = [
        (CompletedChange::Toggle, true),
        (CompletedChange::Toggle, false),
        (CompletedChange::Set(true), true),
        (CompletedChange::Set(true), true),
        (CompletedChange::Set(false), false),
    ];

    for (completed, expected) in steps {
        let changes = TaskChanges { completed, ..TaskChanges::default() };
        let after = change(tasks, task.id, &changes, now()).await;
        assert_eq!(after.completed, expected, "after {completed:?}");
    }
}

pub async fn a_missing_task_is_not_updated(tasks: &dyn TaskRepository) {
    let outcome = tasks.update(&alice().id, fresh_id(), &renamed(), &Precondition::None, now()).await.unwrap();

    assert_eq!(outcome, UpdateOutcome::Absent);
}

pub async fn updated_at_never_goes_backwards(tasks: &dyn TaskRepository) {
    let task = create(tasks, &groceries()).await;

    let changed = change(tasks, task.id, &renamed(), later(-Duration::HOUR)).await;

    assert_eq!((changed.created_at, changed.updated_at), (now(), now()));
}

/// A store that keeps times as text without trailing zeros would order `.5` after `.51`.
pub async fn updated_at_follows_the_clock_to_the_millisecond(tasks: &dyn TaskRepository) {
    let task = create(tasks, &groceries()).await;
    for millisecond in [5, 10, 100, 500, 501, 510, 999, 1000, 1001, 1100, 60_000] {
        let moment = later(Duration::milliseconds(millisecond));

        let changed = change(tasks, task.id, &toggle(), moment).await;

        assert_eq!(changed.updated_at, moment, "after {millisecond} ms");
    }
}

pub async fn a_deleted_task_stays_deleted(tasks: &dyn TaskRepository) {
    let task = create(tasks, &groceries()).await;
    let other = create(tasks, &groceries()).await;

    assert_eq!(delete(tasks, &alice().id, task.id).await, UpdateOutcome::Done(()));

    assert_eq!(delete(tasks, &alice().id, task.id).await, UpdateOutcome::Absent);
    assert_eq!(tasks.get(&alice().id, task.id).await.unwrap(), None);
    let update = tasks.update(&alice().id, task.id, &renamed(), &Precondition::None, now()).await.unwrap();
    assert_eq!(update, UpdateOutcome::Absent);
    assert_eq!(list(tasks, TaskQuery::default()).await, [other.id]);
}
