//! Even if answers on a shared connection were mixed up, nobody would see another user's data.

use std::sync::Arc;

use domain::{
    Clock, CreateOptions, IdSource, Precondition, RepositoryError, SessionStore, TaskChanges, TaskQuery,
    TaskRepository,
    testing::{FixedClock, SequentialIds, alice, bob, titled},
};
use futures_util::FutureExt;
use infra::{Connection, SeaOrmSessions, SeaOrmTasks, testing::TestDatabase};

use crate::{sessions::with_sessions, tapped::Tapped};

/// A connection that gives Alice the answers to Bob's statements.
fn mixed_up(connection: Arc<dyn Connection>) -> Arc<dyn Connection> {
    Tapped::before_each(connection, |mut statement| {
        for value in &mut statement.values {
            if *value == alice().id.as_str().into() {
                *value = bob().id.as_str().into();
            }
        }
        async { statement }.boxed()
    })
}

on_both_databases! {
    a_row_of_another_owner_is_an_error,
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

async fn a_session_of_another_user_is_an_error(database: TestDatabase) {
    let (token, others) = (alice().id, bob().id);
    with_sessions(&database, "timestamptz", &[(token.as_str(), "alice"), (others.as_str(), "bob")]).await;

    let found = SeaOrmSessions::new(mixed_up(database.sql()), database.layout()).session(token.as_str()).await;

    let is_rejected =
        matches!(&found, Err(RepositoryError::Failed(cause)) if cause.to_string().contains("another session"));
    assert!(is_rejected, "{found:?}");
}
