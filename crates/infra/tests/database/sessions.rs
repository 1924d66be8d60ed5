//! Better Auth's table of sessions, as its migrations create it.

use domain::SessionStore;
use infra::testing::TestDatabase;
use sea_orm::{ConnectionTrait, DbBackend};

use crate::log::logged;

on_both_databases! {
    a_session_is_found_by_its_token,
    a_session_of_an_invalid_user_is_rejected_and_logged,
}

/// Adds sessions, each with a token and a user. On Postgres the column of their time has this type.
pub(crate) async fn with_sessions(database: &TestDatabase, time: &str, sessions: &[(&str, &str)]) {
    let connection = database.connection();
    let time = if connection.get_database_backend() == DbBackend::Sqlite { "date" } else { time };
    let table = format!(
        r#"CREATE TABLE session ("token" text NOT NULL UNIQUE, "userId" text NOT NULL, "expiresAt" {time} NOT NULL)"#
    );
    connection.execute_unprepared(&table).await.unwrap();
    for (token, user) in sessions {
        let row = format!("INSERT INTO session VALUES ('{token}', '{user}', '2026-11-22T00:33:45.737Z')");
        connection.execute_unprepared(&row).await.unwrap();
    }
}

async fn a_session_is_found_by_its_token(database: TestDatabase) {
    with_sessions(&database, "timestamptz", &[("t0", "alice"), ("t1", "bob")]).await;

    let session = database.sessions().session("t1").await.unwrap().unwrap();

    assert_eq!((session.owner.as_str(), session.expires_at.to_string().as_str()), ("bob", "2026-11-22T00:33:45.737Z"));
    assert!(database.sessions().session("t2").await.unwrap().is_none());
}

async fn a_session_of_an_invalid_user_is_rejected_and_logged(database: TestDatabase) {
    let invalid = [("t0", ""), ("t1", "z\u{e9}"), ("t2", &*"x".repeat(256))];
    with_sessions(&database, "timestamptz", &invalid).await;

    let lines = logged(async {
        for (token, _) in invalid {
            assert!(database.sessions().session(token).await.unwrap().is_none());
        }
    })
    .await;

    let warnings = lines.lines().filter(|line| line.contains("WARN") && line.contains("userId"));
    assert_eq!(warnings.count(), invalid.len(), "{lines}");
}
