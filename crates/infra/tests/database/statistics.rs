//! The statistics of every kind of connection.

use std::{sync::Arc, time::Duration};

use domain::{Precondition, Readiness, TaskRepository, testing::alice};
use infra::{Database, DatabaseSettings, DatabaseUrl, ExecutorKind, Kind, Statement, testing::TestDatabase};
use pg_executor::Statistics;
use sea_orm::{ConnectionTrait, DbBackend, TransactionTrait};
use tokio::time::{sleep, timeout};

use crate::query_plans::some_id;

/// Databases with one connection: SQLite, and Postgres over each kind of connection. Each has a second handle to the same
/// database.
async fn of_one_connection() -> Vec<(Arc<TestDatabase>, Database)> {
    let sqlite = Arc::new(TestDatabase::sqlite().await);
    let mut all = vec![(sqlite, ExecutorKind::SeaOrm)];
    if let Some(postgres) = TestDatabase::postgres().await.map(Arc::new) {
        all.extend([(postgres.clone(), ExecutorKind::SeaOrm), (postgres, ExecutorKind::Pipelined)]);
    }
    let mut databases = Vec::new();
    for (beside, executor) in all {
        let settings = DatabaseSettings {
            max_connections: 1,
            acquire_timeout: Duration::from_millis(500),
            statement_timeout: Duration::from_secs(30),
            executor,
            ..DatabaseSettings::new(DatabaseUrl::parse(beside.url()).unwrap())
        };
        databases.push((beside, Database::connect(&settings).await.unwrap()));
    }
    databases
}

/// Waits until the condition holds: a connection returns to the pool a moment after its statement has ended.
async fn wait_until(database: &Database, holds: impl Fn(Statistics) -> bool) {
    let waited = timeout(Duration::from_secs(10), async {
        while !holds(database.statistics().connections) {
            sleep(Duration::from_millis(1)).await;
        }
    });
    assert!(waited.await.is_ok(), "{:?}", database.statistics());
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_and_giving_up_are_counted() {
    for (beside, database) in of_one_connection().await {
        let delete = || {
            let tasks = database.tasks();
            tokio::spawn(async move { tasks.delete(&alice().id, some_id(), &Precondition::None).await })
        };
        let get = || {
            let tasks = database.tasks();
            tokio::spawn(async move { tasks.get(&alice().id, some_id()).await })
        };
        // Opening the connection may take longer than the acquire timeout.
        while database.tasks().check().await.is_err() {}
        wait_until(&database, |now| (now.max_connections, now.size, now.idle, now.waiting) == (1, 1, 1, 0)).await;
        let timeouts = database.statistics().connections.acquire_timeouts;

        let lock = beside.connection().begin().await.unwrap();
        let sql = match lock.get_database_backend() {
            DbBackend::Sqlite => "UPDATE \"user\" SET name = 'locked'",
            _ => "LOCK TABLE tasks",
        };
        lock.execute_unprepared(sql).await.unwrap();
        let blocked = delete();
        wait_until(&database, |now| (now.size, now.idle, now.waiting) == (1, 0, 0)).await;
        let (gives_up, is_abandoned) = (get(), get());
        wait_until(&database, |now| now.waiting == 2).await;

        is_abandoned.abort();
        gives_up.await.unwrap().unwrap_err();
        wait_until(&database, |now| (now.waiting, now.acquire_timeouts - timeouts) == (0, 1)).await;
        lock.rollback().await.unwrap();
        blocked.await.unwrap().unwrap();
        wait_until(&database, |now| (now.idle, now.waiting) == (1, 0)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn validation_gaps_are_counted() {
    for (beside, database) in of_one_connection().await {
        while database.tasks().check().await.is_err() {}
        let connection = beside.connection();
        connection.execute_unprepared("DROP TABLE IF EXISTS small").await.unwrap();
        connection.execute_unprepared("CREATE TABLE small (n integer NOT NULL CHECK (n < 3))").await.unwrap();
        for (value, is_gap) in [("1", false), ("NULL", false), ("7", true)] {
            let before = database.statistics().validation_gaps;
            let sql = format!("INSERT INTO small VALUES ({value})").into();

            let _ = database.sql().run(Statement { sql, values: Vec::new(), kind: Kind::Write }).await;

            assert_eq!(database.statistics().validation_gaps - before, u64::from(is_gap), "{value}");
        }
    }
}
