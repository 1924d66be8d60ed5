//! Creates that are repeated, and quotas.

use time::Duration;

use super::{alice, bob, change, delete, fresh_id, groceries, later, nobody, now, renamed, title};
use crate::{
    Creation, CreationTerms, IdempotencyKey, IdempotencyKeys, NewTask, Once, OwnerId, RepositoryError, Task, TaskQuery,
    TaskRepository, Timestamp, UserProvisioner,
};

fn once(key: &str) -> CreationTerms {
    once_since(key, later(-Duration::DAY))
}

fn once_since(key: &str, since: Timestamp) -> CreationTerms {
    CreationTerms { once: Some(Once { key: IdempotencyKey::try_from(key).unwrap(), since }), quota: None }
}

fn at_most(quota: u32) -> CreationTerms {
    CreationTerms { once: None, quota: Some(quota) }
}

fn wine() -> NewTask {
    NewTask { title: title("Buy wine"), ..groceries() }
}

async fn create_on(tasks: &dyn TaskRepository, terms: &CreationTerms, task: &NewTask) -> Creation {
    tasks.create_on(terms, &alice().id, fresh_id(), task, now()).await.unwrap()
}

fn created(creation: Creation) -> Task {
    match creation {
        Creation::Created(task) => task,
        other => panic!("not created: {other:?}"),
    }
}

async fn count(tasks: &dyn TaskRepository, owner: &OwnerId) -> usize {
    tasks.list(owner, &TaskQuery::default()).await.unwrap().tasks.len()
}

pub async fn a_create_repeated_under_its_key_is_replayed(tasks: &dyn TaskRepository) {
    let first = created(create_on(tasks, &once("key"), &groceries()).await);

    let (id, a_second_later) = (fresh_id(), later(Duration::SECOND));
    let second = tasks.create_on(&once("key"), &alice().id, id, &groceries(), a_second_later).await.unwrap();

    assert_eq!(second, Creation::Replayed(first.clone()));
    assert_eq!(tasks.get(&alice().id, first.id).await.unwrap(), Some(first));
    assert_eq!(count(tasks, &alice().id).await, 1);
}

pub async fn a_replay_shows_the_task_as_it_was_created(tasks: &dyn TaskRepository) {
    let first = created(create_on(tasks, &once("key"), &groceries()).await);

    change(tasks, first.id, &renamed(), now()).await;
    assert_eq!(create_on(tasks, &once("key"), &groceries()).await, Creation::Replayed(first.clone()));
    delete(tasks, &alice().id, first.id).await;
    assert_eq!(create_on(tasks, &once("key"), &groceries()).await, Creation::Replayed(first));
    assert_eq!(count(tasks, &alice().id).await, 0);
}

pub async fn a_key_is_not_used_for_another_task(tasks: &dyn TaskRepository) {
    created(create_on(tasks, &once("key"), &groceries()).await);

    assert_eq!(create_on(tasks, &once("key"), &wine()).await, Creation::KeyReused);
    assert_eq!(count(tasks, &alice().id).await, 1);
    created(create_on(tasks, &once("another key"), &wine()).await);
}

pub async fn two_users_may_use_the_same_key(tasks: &dyn TaskRepository) {
    created(create_on(tasks, &once("key"), &groceries()).await);

    let creation = tasks.create_on(&once("key"), &bob().id, fresh_id(), &wine(), now()).await.unwrap();

    assert_eq!(created(creation).owner, bob().id);
}

pub async fn a_key_is_forgotten_after_its_time(tasks: &dyn TaskRepository) {
    let first = created(create_on(tasks, &once("key"), &groceries()).await);

    assert_eq!(create_on(tasks, &once_since("key", now()), &groceries()).await, Creation::Replayed(first));
    let later = later(Duration::MILLISECOND);
    let again = tasks.create_on(&once_since("key", later), &alice().id, fresh_id(), &wine(), later).await.unwrap();
    let again = created(again);

    assert_eq!(count(tasks, &alice().id).await, 2);
    assert_eq!(create_on(tasks, &once_since("key", later), &wine()).await, Creation::Replayed(again));
}

pub async fn forgotten_keys_are_free<T: TaskRepository + IdempotencyKeys>(tasks: &T) {
    created(create_on(tasks, &once("key"), &groceries()).await);
    created(create_on(tasks, &once("another key"), &groceries()).await);

    assert_eq!(tasks.forget_before(now()).await.unwrap(), 0);
    assert_eq!(create_on(tasks, &once("key"), &wine()).await, Creation::KeyReused);
    assert_eq!(tasks.forget_before(later(Duration::SECOND)).await.unwrap(), 2);
    created(create_on(tasks, &once("key"), &wine()).await);
}

pub async fn a_create_that_fails_leaves_its_key_free<T: TaskRepository + UserProvisioner>(tasks: &T) {
    let outcome = tasks.create_on(&once("key"), &nobody().id, fresh_id(), &groceries(), now()).await;
    assert!(matches!(outcome, Err(RepositoryError::UnknownOwner)), "{outcome:?}");

    tasks.provision(&nobody(), now()).await.unwrap();
    let creation = tasks.create_on(&once("key"), &nobody().id, fresh_id(), &wine(), now()).await.unwrap();
    assert_eq!(created(creation).title, wine().title);
}

pub async fn of_concurrent_creates_under_one_key_one_takes_place(tasks: &dyn TaskRepository) {
    let (terms, task) = (once("key"), groceries());
    let attempt = || create_on(tasks, &terms, &task);

    let outcomes: [_; 5] = tokio::join!(attempt(), attempt(), attempt(), attempt(), attempt()).into();

    let [first] = tasks.list(&alice().id, &TaskQuery::default()).await.unwrap().tasks.try_into().unwrap();
    let created = outcomes.iter().filter(|outcome| **outcome == Creation::Created(first.clone())).count();
    assert_eq!(created, 1);
    for outcome in outcomes {
        assert!(
            matches!(&outcome, Creation::Created(task) | Creation::Replayed(task) if *task == first)
                || outcome == Creation::KeyInUse,
            "{outcome:?}"
        );
    }
    assert_eq!(create_on(tasks, &terms, &task).await, Creation::Replayed(first));
}

pub async fn no_more_tasks_are_created_than_the_quota_allows(tasks: &dyn TaskRepository) {
    let first = created(create_on(tasks, &at_most(2), &groceries()).await);
    created(create_on(tasks, &at_most(2), &groceries()).await);

    assert_eq!(create_on(tasks, &at_most(2), &groceries()).await, Creation::QuotaReached);
    assert_eq!(count(tasks, &alice().id).await, 2);
    let of_bob = tasks.create_on(&at_most(2), &bob().id, fresh_id(), &groceries(), now()).await.unwrap();
    assert_eq!(created(of_bob).owner, bob().id);

    delete(tasks, &alice().id, first.id).await;
    created(create_on(tasks, &at_most(2), &groceries()).await);
}

pub async fn a_create_beyond_the_quota_leaves_its_key_free(tasks: &dyn TaskRepository) {
    let on = |key: &str, quota| CreationTerms { quota: Some(quota), ..once(key) };
    let first = created(create_on(tasks, &on("key", 1), &groceries()).await);

    assert_eq!(create_on(tasks, &on("key", 1), &groceries()).await, Creation::Replayed(first));
    assert_eq!(create_on(tasks, &on("another key", 1), &wine()).await, Creation::QuotaReached);
    created(create_on(tasks, &on("another key", 2), &groceries()).await);
}
