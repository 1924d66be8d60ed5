//! Giving one user's tasks to another.

use domain::{
    Clock, CreateOptions, CreateOutcome, IdempotencyGuard, IdempotencyKey, OwnerId, Task, TaskId, TaskQuery,
    TaskRepository, Timestamp,
    testing::{FixedClock, alice, bob, titled},
};
use infra::{MoveError, testing::TestDatabase};
use sea_orm::DbBackend;

use crate::connect::value;

on_both_databases! {
    all_tasks_are_moved_unchanged,
    a_create_that_is_repeated_by_the_new_owner_is_replayed,
    a_key_that_both_have_used_stays_with_the_new_owner,
    every_table_with_owners_is_moved,
    only_users_that_exist_and_differ_have_tasks_to_move,
    a_task_with_the_same_id_moves_nothing,
}

fn id(number: u32) -> TaskId {
    TaskId::try_from(&*format!("00000000-0000-7000-8000-{number:012}")).unwrap()
}

fn under_key(key: &str) -> CreateOptions {
    let since = Timestamp::from_unix_milliseconds(0).unwrap();
    let key = IdempotencyKey::try_from(key).unwrap();
    CreateOptions { idempotency: Some(IdempotencyGuard { key, since }), quota: None }
}

async fn create(database: &TestDatabase, owner: &OwnerId, number: u32, options: &CreateOptions) -> CreateOutcome<Task> {
    let (task, now) = (titled("Buy groceries"), FixedClock::default().now());
    database.tasks().create(owner, id(number), &task, options, now).await.unwrap()
}

/// The task of the first create, if this one repeated it.
fn replayed(outcome: CreateOutcome<Task>) -> Option<TaskId> {
    match outcome {
        CreateOutcome::Replayed(task) => Some(task.id),
        _ => None,
    }
}

async fn tasks(database: &TestDatabase, owner: &OwnerId) -> Vec<Task> {
    database.tasks().list(owner, &TaskQuery::default()).await.unwrap().items
}

async fn all_tasks_are_moved_unchanged(database: TestDatabase) {
    let (alice, bob) = (alice().id, bob().id);
    for number in [1, 2] {
        create(&database, &alice, number, &CreateOptions::default()).await;
    }
    create(&database, &bob, 3, &CreateOptions::default()).await;
    let before = tasks(&database, &alice).await;

    assert_eq!(database.move_tasks(&alice, &bob).await.unwrap(), 2);

    assert_eq!(tasks(&database, &alice).await, []);
    let after = tasks(&database, &bob).await;
    assert_eq!(after.len(), 3);
    let moved: Vec<Task> = before.into_iter().map(|task| Task { owner: bob.clone(), ..task }).collect();
    assert_eq!(after[1..], moved);
    assert_eq!(database.move_tasks(&alice, &bob).await.unwrap(), 0);
}

async fn a_create_that_is_repeated_by_the_new_owner_is_replayed(database: TestDatabase) {
    let (alice, bob) = (alice().id, bob().id);
    create(&database, &alice, 1, &under_key("key")).await;

    database.move_tasks(&alice, &bob).await.unwrap();

    let repeated = create(&database, &bob, 2, &under_key("key")).await;
    assert_eq!(replayed(repeated), Some(id(1)));
}

async fn a_key_that_both_have_used_stays_with_the_new_owner(database: TestDatabase) {
    let (alice, bob) = (alice().id, bob().id);
    create(&database, &alice, 1, &under_key("key")).await;
    create(&database, &bob, 2, &under_key("key")).await;

    assert_eq!(database.move_tasks(&alice, &bob).await.unwrap(), 1);

    let repeated = create(&database, &bob, 3, &under_key("key")).await;
    assert_eq!(replayed(repeated), Some(id(2)));
    assert_eq!(tasks(&database, &bob).await.len(), 2);
}

/// A migration that adds a table with owners needs a statement in `move_tasks`, and here a row.
async fn every_table_with_owners_is_moved(database: TestDatabase) {
    create(&database, &alice().id, 1, &under_key("key")).await;
    let connection = database.connection();
    let of_alice =
        async |table: &str| value(connection, &format!("SELECT count(*) FROM {table} WHERE user_id = 'alice'")).await;
    let tables = match connection.get_database_backend() {
        DbBackend::Sqlite => {
            "SELECT group_concat(t.name) FROM sqlite_schema t JOIN pragma_table_info(t.name) c \
             WHERE t.type = 'table' AND c.name = 'user_id'"
        }
        _ => "SELECT string_agg(table_name, ',') FROM information_schema.columns WHERE column_name = 'user_id'",
    };
    let tables = value(connection, tables).await;
    assert!(tables.contains("tasks"), "{tables}");
    for table in tables.split(',') {
        assert_ne!(of_alice(table).await, "0", "{table} needs a row in this test");
    }

    database.move_tasks(&alice().id, &bob().id).await.unwrap();

    for table in tables.split(',') {
        assert_eq!(of_alice(table).await, "0", "{table}");
    }
}

async fn only_users_that_exist_and_differ_have_tasks_to_move(database: TestDatabase) {
    let (alice, ghost) = (alice().id, OwnerId::try_from("ghost".to_owned()).unwrap());
    create(&database, &alice, 1, &CreateOptions::default()).await;
    let refusal = async |from, to| database.move_tasks(from, to).await.unwrap_err().to_string();

    assert_eq!(refusal(&alice, &ghost).await, "there is no user ghost: nothing was moved");
    assert_eq!(refusal(&ghost, &alice).await, "there is no user ghost: nothing was moved");
    assert_eq!(refusal(&alice, &alice).await, "both are the user alice: nothing was moved");
    assert_eq!(tasks(&database, &alice).await.len(), 1);
}

async fn a_task_with_the_same_id_moves_nothing(database: TestDatabase) {
    let (alice, bob) = (alice().id, bob().id);
    for (owner, number) in [(&alice, 1), (&alice, 2), (&bob, 2)] {
        create(&database, owner, number, &CreateOptions::default()).await;
    }

    let error = database.move_tasks(&alice, &bob).await.unwrap_err();

    assert!(matches!(error, MoveError::SameId), "{error}");
    assert_eq!((tasks(&database, &alice).await.len(), tasks(&database, &bob).await.len()), (2, 1));
}
