//! Even if answers on a shared connection were mixed up, nobody would see other data than was asked for.

use std::sync::Arc;

use domain::{
    Clock, CreateOptions, IdSource, IdempotencyGuard, IdempotencyKey, Precondition, RepositoryError, SessionStore,
    TaskChanges, TaskId, TaskQuery, TaskRepository,
    testing::{FixedClock, SequentialIds, alice, bob, titled},
};
use futures_util::FutureExt;
use infra::{
    Connection, Database, DatabaseSettings, Rows, SeaOrmSessions, SeaOrmTasks, Statement, testing::TestDatabase,
};
use sea_orm::Value;

use crate::{sessions::with_sessions, tapped::Tapped};

/// A connection that answers statements about one thing as if they were about another.
fn answering(connection: Arc<dyn Connection>, about: Value, instead_of: Value) -> Arc<dyn Connection> {
    Tapped::before_each(connection, move |mut statement| {
        for value in &mut statement.values {
            if *value == instead_of {
                *value = about.clone();
            }
        }
        async { statement }.boxed()
    })
}

/// A connection that gives Alice the answers to Bob's statements.
fn mixed_up(connection: Arc<dyn Connection>) -> Arc<dyn Connection> {
    answering(connection, bob().id.as_str().into(), alice().id.as_str().into())
}

on_both_databases! {
    a_row_of_another_owner_is_an_error,
    another_task_of_the_owner_is_an_error,
    another_key_of_the_owner_is_an_error,
    a_session_of_another_user_is_an_error,
}

async fn a_row_of_another_owner_is_an_error(database: TestDatabase) {
    let now = FixedClock::default().now();
    let id = SequentialIds::default().next(now).into();
    database.tasks().create(&bob().id, id, &titled("Bob's"), &CreateOptions::default(), now).await.unwrap();
    let tasks = SeaOrmTasks::new(mixed_up(database.sql()), database.layout());

    let got = tasks.get(&alice().id, id).await;
    let listed = tasks.list(&alice().id, &TaskQuery::default()).await;
    let none = TaskChanges::default();
    let updated = tasks.update(&alice().id, id, &none, &Precondition::None, now).await;

    assert!(matches!(updated, Err(RepositoryError::Failed(_))), "{updated:?}");
    assert!(matches!(got, Err(RepositoryError::Failed(_))), "{got:?}");
    assert!(matches!(listed, Err(RepositoryError::Failed(_))), "{listed:?}");
}

async fn another_task_of_the_owner_is_an_error(database: TestDatabase) {
    let (now, ids, alice) = (FixedClock::default().now(), SequentialIds::default(), alice().id);
    let (first, second): (TaskId, TaskId) = (ids.next(now).into(), ids.next(now).into());
    for id in [first, second] {
        database.tasks().create(&alice, id, &titled("Alice's"), &CreateOptions::default(), now).await.unwrap();
    }
    let tasks = SeaOrmTasks::new(
        answering(database.sql(), (*second.as_uuid()).into(), (*first.as_uuid()).into()),
        database.layout(),
    );

    let got = tasks.get(&alice, first).await;
    let updated = tasks.update(&alice, first, &TaskChanges::default(), &Precondition::None, now).await;
    let older = TaskQuery { older_than: Some(first), ..TaskQuery::default() };
    let listed = tasks.list(&alice, &older).await;

    assert!(matches!(got, Err(RepositoryError::Failed(_))), "{got:?}");
    assert!(matches!(updated, Err(RepositoryError::Failed(_))), "{updated:?}");
    assert!(matches!(listed, Err(RepositoryError::Failed(_))), "{listed:?}");
}

async fn another_key_of_the_owner_is_an_error(database: TestDatabase) {
    let (now, ids, alice) = (FixedClock::default().now(), SequentialIds::default(), alice().id);
    let under = |key: &str| {
        let key = IdempotencyKey::try_from(key).unwrap();
        CreateOptions { idempotency: Some(IdempotencyGuard { key, since: now }), quota: None }
    };
    let new = titled("Alice's");
    database.tasks().create(&alice, ids.next(now).into(), &new, &under("first"), now).await.unwrap();
    let tasks = SeaOrmTasks::new(answering(database.sql(), "first".into(), "second".into()), database.layout());

    let created = tasks.create(&alice, ids.next(now).into(), &new, &under("second"), now).await;

    assert!(matches!(created, Err(RepositoryError::Failed(_))), "{created:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_mixed_up_answers_is_closed() {
    let Some(database) = TestDatabase::postgres().await else { return };
    let settings = DatabaseSettings { max_connections: 1, ..database.settings() };
    let one = Database::connect(&settings).await.unwrap().sql();
    let backend = async || {
        let kind = infra::Kind::Read;
        let asked = Statement { sql: "SELECT pg_backend_pid()".into(), values: vec![], kind };
        let Rows::Executor(answer) = one.run(asked).await.unwrap().rows else { panic!("not the executor") };
        answer.rows[0].get::<_, i32>(0)
    };
    let now = FixedClock::default().now();
    let id = SequentialIds::default().next(now).into();
    database.tasks().create(&bob().id, id, &titled("Bob's"), &CreateOptions::default(), now).await.unwrap();
    let before = backend().await;

    SeaOrmTasks::new(mixed_up(one.clone()), database.layout()).get(&alice().id, id).await.unwrap_err();

    assert_ne!(backend().await, before);
}

async fn a_session_of_another_user_is_an_error(database: TestDatabase) {
    let (token, others) = (alice().id, bob().id);
    with_sessions(&database, "timestamptz", &[(token.as_str(), "alice"), (others.as_str(), "bob")]).await;

    let found = SeaOrmSessions::new(mixed_up(database.sql()), database.layout()).session(token.as_str()).await;

    let is_rejected =
        matches!(&found, Err(RepositoryError::Failed(cause)) if cause.to_string().contains("another session"));
    assert!(is_rejected, "{found:?}");
}
