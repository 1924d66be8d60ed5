//! The cases about idempotency keys and quotas.

use time::Duration;

use super::{
    super::{alice, bob, nobody, titled},
    common::{change, delete, fresh_id, groceries, later, now, renamed},
};
use crate::{
    CreateOptions, CreateOutcome, IdempotencyGuard, IdempotencyKey, IdempotencyKeys, NewTask, OwnerId, RepositoryError,
    Task, TaskQuery, TaskRepository, Timestamp, UserProvisioner,
};

fn under_key(key: &str) -> CreateOptions {
    under_key_since(key, later(-Duration::DAY))
}

fn under_key_since(key: &str, since: Timestamp) -> CreateOptions {
    let key = IdempotencyKey::try_from(key).unwrap();
    CreateOptions { idempotency: Some(IdempotencyGuard { key, since }), quota: None }
}

fn at_most(quota: u32) -> CreateOptions {
    CreateOptions { idempotency: None, quota: Some(quota) }
}

fn wine() -> NewTask {
    titled("Buy wine")
}

async fn create(tasks: &dyn TaskRepository, options: &CreateOptions, task: &NewTask) -> CreateOutcome<Task> {
    tasks.create(&alice().id, fresh_id(), task, options, now()).await.unwrap()
}

fn created(outcome: CreateOutcome<Task>) -> Task {
    match outcome {
        CreateOutcome::Created(task) => task,
        other => panic!("not created: {other:?}"),
    }
}

async fn count(tasks: &dyn TaskRepository, owner: &OwnerId) -> usize {
    tasks.list(owner, &TaskQuery::default()).await.unwrap().items.len()
}

pub async fn a_create_repeated_under_its_key_is_replayed(tasks: &dyn TaskRepository) {
    let first = created(create(tasks, &under_key("key"), &groceries()).await);

    let (id, a_second_later) = (fresh_id(), later(Duration::SECOND));
    let second = tasks.create(&alice().id, id, &groceries(), &under_key("key"), a_second_later).await.unwrap();

    assert_eq!(second, CreateOutcome::Replayed(first.clone()));
    assert_eq!(tasks.get(&alice().id, first.id).await.unwrap(), Some(first));
    assert_eq!(count(tasks, &alice().id).await, 1);
}

pub async fn a_replay_shows_the_task_as_it_was_created(tasks: &dyn TaskRepository) {
    let first = created(create(tasks, &under_key("key"), &groceries()).await);

    change(tasks, first.id, &renamed(), now()).await;
    assert_eq!(create(tasks, &under_key("key"), &groceries()).await, CreateOutcome::Replayed(first.clone()));
    delete(tasks, &alice().id, first.id).await;
    assert_eq!(create(tasks, &under_key("key"), &groceries()).await, CreateOutcome::Replayed(first));
    assert_eq!(count(tasks, &alice().id).await, 0);
}

pub async fn a_key_is_not_used_for_another_task(tasks: &dyn TaskRepository) {
    created(create(tasks, &under_key("key"), &groceries()).await);

    assert_eq!(create(tasks, &under_key("key"), &wine()).await, CreateOutcome::KeyReused);
    assert_eq!(count(tasks, &alice().id).await, 1);
    created(create(tasks, &under_key("another key"), &wine()).await);
}

pub async fn two_users_may_use_the_same_key(tasks: &dyn TaskRepository) {
    created(create(tasks, &under_key("key"), &groceries()).await);

    let outcome = tasks.create(&bob().id, fresh_id(), &wine(), &under_key("key"), now()).await.unwrap();

    assert_eq!(created(outcome).owner, bob().id);
}

pub async fn a_key_expires(tasks: &dyn TaskRepository) {
    let first = created(create(tasks, &under_key("key"), &groceries()).await);

    assert_eq!(create(tasks, &under_key_since("key", now()), &groceries()).await, CreateOutcome::Replayed(first));
    let later = later(Duration::MILLISECOND);
    let again = tasks.create(&alice().id, fresh_id(), &wine(), &under_key_since("key", later), later).await.unwrap();
    let again = created(again);

    assert_eq!(count(tasks, &alice().id).await, 2);
    assert_eq!(create(tasks, &under_key_since("key", later), &wine()).await, CreateOutcome::Replayed(again));
}

pub async fn deleted_keys_are_free<T: TaskRepository + IdempotencyKeys>(tasks: &T) {
    created(create(tasks, &under_key("key"), &groceries()).await);
    created(create(tasks, &under_key("another key"), &groceries()).await);

    assert_eq!(tasks.forget_before(now()).await.unwrap(), 0);
    assert_eq!(create(tasks, &under_key("key"), &wine()).await, CreateOutcome::KeyReused);
    assert_eq!(tasks.forget_before(later(Duration::SECOND)).await.unwrap(), 2);
    created(create(tasks, &under_key("key"), &wine()).await);
}

pub async fn a_failed_create_leaves_its_key_free<T: TaskRepository + UserProvisioner>(tasks: &T) {
    let outcome = tasks.create(&nobody().id, fresh_id(), &groceries(), &under_key("key"), now()).await;
    assert!(matches!(outcome, Err(RepositoryError::UnknownOwner)), "{outcome:?}");

    tasks.provision(&nobody(), now()).await.unwrap();
    let outcome = tasks.create(&nobody().id, fresh_id(), &wine(), &under_key("key"), now()).await.unwrap();
    assert_eq!(created(outcome).title, wine().title);
}

pub async fn one_of_concurrent_creates_under_one_key_takes_place(tasks: &dyn TaskRepository) {
    let (options, task) = (under_key("key"), groceries());
    let attempt = || create(tasks, &options, &task);

    let outcomes: [_; 5] = tokio::join!(attempt(), attempt(), attempt(), attempt(), attempt()).into();

    let [first] = tasks.list(&alice().id, &TaskQuery::default()).await.unwrap().items.try_into().unwrap();
    let created = outcomes.iter().filter(|outcome| **outcome == CreateOutcome::Created(first.clone())).count();
    assert_eq!(created, 1);
    for outcome in outcomes {
        assert!(
            matches!(&outcome, CreateOutcome::Created(task) | CreateOutcome::Replayed(task) if *task == first)
                || outcome == CreateOutcome::KeyInUse,
            "{outcome:?}"
        );
    }
    assert_eq!(create(tasks, &options, &task).await, CreateOutcome::Replayed(first));
}

pub async fn no_more_tasks_are_created_than_the_quota_allows(tasks: &dyn TaskRepository) {
    let first = created(create(tasks, &at_most(2), &groceries()).await);
    created(create(tasks, &at_most(2), &groceries()).await);

    assert_eq!(create(tasks, &at_most(2), &groceries()).await, CreateOutcome::QuotaReached);
    assert_eq!(count(tasks, &alice().id).await, 2);
    let of_bob = tasks.create(&bob().id, fresh_id(), &groceries(), &at_most(2), now()).await.unwrap();
    assert_eq!(created(of_bob).owner, bob().id);

    delete(tasks, &alice().id, first.id).await;
    created(create(tasks, &at_most(2), &groceries()).await);
}

pub async fn a_create_beyond_the_quota_leaves_its_key_free(tasks: &dyn TaskRepository) {
    let on = |key: &str, quota| CreateOptions { quota: Some(quota), ..under_key(key) };
    let first = created(create(tasks, &on("key", 1), &groceries()).await);

    assert_eq!(create(tasks, &on("key", 1), &groceries()).await, CreateOutcome::Replayed(first));
    assert_eq!(create(tasks, &on("another key", 1), &wine()).await, CreateOutcome::QuotaReached);
    created(create(tasks, &on("another key", 2), &groceries()).await);
}

pub async fn keys_of_deleted_tasks_count_against_a_quota_of_their_own(tasks: &dyn TaskRepository) {
    let on = |number: u32| CreateOptions { quota: Some(1), ..under_key(&format!("key {number}")) };
    for number in 0..10 {
        let task = created(create(tasks, &on(number), &groceries()).await);
        delete(tasks, &alice().id, task.id).await;
    }

    assert_eq!(create(tasks, &on(10), &groceries()).await, CreateOutcome::TooManyKeys);
    assert!(matches!(create(tasks, &on(0), &groceries()).await, CreateOutcome::Replayed(_)));
    created(create(tasks, &at_most(1), &groceries()).await);
}
