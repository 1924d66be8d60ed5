//! The cases of concurrent changes, and of changes of a certain version only.

use time::Duration;

use super::{
    super::alice,
    common::{change, create, excluded, fresh_id, groceries, later, now, renamed, seen, toggle},
};
use crate::{Task, TaskRepository, UpdateOutcome};

pub async fn concurrent_toggles_are_all_counted(tasks: &dyn TaskRepository) {
    let task = create(tasks, &groceries()).await;
    let owner = alice().id;
    let toggle = toggle();
    let toggled = || change(tasks, task.id, &toggle, now());

    let changed: [Task; 5] = tokio::join!(toggled(), toggled(), toggled(), toggled(), toggled()).into();

    let mut versions: Vec<i64> = changed.map(|task| task.version.get()).into();
    versions.sort_unstable();
    assert_eq!(versions, [2, 3, 4, 5, 6]);
    let last = tasks.get(&owner, task.id).await.unwrap().unwrap();
    assert_eq!((last.version.get(), last.completed), (6, true));
}

pub async fn a_change_of_a_seen_version_takes_place(tasks: &dyn TaskRepository) {
    let task = create(tasks, &groceries()).await;

    let outcome = tasks.update(&alice().id, task.id, &renamed(), &seen(&[1]), now()).await.unwrap();
    assert!(matches!(outcome, UpdateOutcome::Done(task) if task.version.get() == 2));
    let outcome = tasks.update(&alice().id, task.id, &toggle(), &seen(&[7, 2]), now()).await.unwrap();
    assert!(matches!(outcome, UpdateOutcome::Done(task) if task.version.get() == 3));
    assert_eq!(tasks.delete(&alice().id, task.id, &seen(&[3])).await.unwrap(), UpdateOutcome::Done(()));
}

pub async fn a_change_of_another_version_returns_the_present_task(tasks: &dyn TaskRepository) {
    let task = create(tasks, &groceries()).await;
    let current = change(tasks, task.id, &renamed(), later(Duration::SECOND)).await;

    for versions in [[1].as_slice(), &[3], &[]] {
        let update = tasks.update(&alice().id, task.id, &toggle(), &seen(versions), now()).await.unwrap();
        assert_eq!(update, UpdateOutcome::Stale(current.clone()));
        let delete = tasks.delete(&alice().id, task.id, &seen(versions)).await.unwrap();
        assert_eq!(delete, UpdateOutcome::Stale(current.clone()));
    }
    assert_eq!(tasks.get(&alice().id, task.id).await.unwrap(), Some(current));
}

pub async fn a_change_of_an_excluded_version_does_not_take_place(tasks: &dyn TaskRepository) {
    let task = create(tasks, &groceries()).await;
    let excluded = excluded(&[7, 1]);

    let update = tasks.update(&alice().id, task.id, &toggle(), &excluded, now()).await.unwrap();
    assert_eq!(update, UpdateOutcome::Stale(task.clone()));
    let delete = tasks.delete(&alice().id, task.id, &excluded).await.unwrap();
    assert_eq!(delete, UpdateOutcome::Stale(task.clone()));

    change(tasks, task.id, &renamed(), now()).await;
    let update = tasks.update(&alice().id, task.id, &toggle(), &excluded, now()).await.unwrap();
    assert!(matches!(update, UpdateOutcome::Done(task) if task.version.get() == 3));
    assert_eq!(tasks.delete(&alice().id, task.id, &excluded).await.unwrap(), UpdateOutcome::Done(()));
}

pub async fn a_conditional_change_of_a_missing_task_finds_nothing(tasks: &dyn TaskRepository) {
    for precondition in [seen(&[1]), excluded(&[1])] {
        let update = tasks.update(&alice().id, fresh_id(), &toggle(), &precondition, now()).await.unwrap();
        let delete = tasks.delete(&alice().id, fresh_id(), &precondition).await.unwrap();

        assert_eq!((update, delete), (UpdateOutcome::Absent, UpdateOutcome::Absent));
    }
}

pub async fn one_of_concurrent_changes_of_one_version_takes_place(tasks: &dyn TaskRepository) {
    let task = create(tasks, &groceries()).await;
    let (owner, seen, toggle) = (alice().id, seen(&[1]), toggle());
    let attempt = || tasks.update(&owner, task.id, &toggle, &seen, now());

    let outcomes: [_; 5] = tokio::join!(attempt(), attempt(), attempt(), attempt(), attempt()).into();

    let done = outcomes.into_iter().filter(|outcome| matches!(outcome, Ok(UpdateOutcome::Done(_)))).count();
    assert_eq!(done, 1);
    assert_eq!(tasks.get(&owner, task.id).await.unwrap().unwrap().version.get(), 2);
}
