//! The cases of a user who knows the id of another user's task.

use super::{
    super::{alice, bob, titled},
    common::{create, create_as, delete, excluded, groceries, list, now, renamed, seen, toggle},
};
use crate::{Precondition, TaskQuery, TaskRepository, UpdateOutcome};

pub async fn a_stranger_gets_nothing(tasks: &dyn TaskRepository) {
    let task = create(tasks, &groceries()).await;

    assert_eq!(tasks.get(&bob().id, task.id).await.unwrap(), None);
}

pub async fn a_stranger_lists_nothing(tasks: &dyn TaskRepository) {
    let task = create(tasks, &groceries()).await;

    for completed in [None, Some(false)] {
        let query = TaskQuery { completed, ..TaskQuery::default() };
        assert!(tasks.list(&bob().id, &query).await.unwrap().items.is_empty());
    }
    assert_eq!(list(tasks, TaskQuery::default()).await, [task.id]);
}

pub async fn a_stranger_updates_nothing(tasks: &dyn TaskRepository) {
    let task = create(tasks, &groceries()).await;

    for changes in [renamed(), toggle()] {
        for precondition in [Precondition::None, seen(&[1]), seen(&[7]), excluded(&[7])] {
            let outcome = tasks.update(&bob().id, task.id, &changes, &precondition, now()).await.unwrap();
            assert_eq!(outcome, UpdateOutcome::Absent);
        }
    }

    assert_eq!(tasks.get(&alice().id, task.id).await.unwrap(), Some(task));
}

pub async fn a_stranger_deletes_nothing(tasks: &dyn TaskRepository) {
    let task = create(tasks, &groceries()).await;

    for precondition in [Precondition::None, seen(&[1]), seen(&[7]), excluded(&[7])] {
        assert_eq!(tasks.delete(&bob().id, task.id, &precondition).await.unwrap(), UpdateOutcome::Absent);
    }

    assert_eq!(tasks.get(&alice().id, task.id).await.unwrap(), Some(task));
}

pub async fn two_users_may_have_the_same_task_id(tasks: &dyn TaskRepository) {
    let hers = create(tasks, &groceries()).await;
    let his = create_as(tasks, &bob().id, hers.id, &titled("Bob's")).await;

    assert_eq!(delete(tasks, &alice().id, hers.id).await, UpdateOutcome::Done(()));

    assert_eq!(tasks.get(&bob().id, his.id).await.unwrap(), Some(his));
}
