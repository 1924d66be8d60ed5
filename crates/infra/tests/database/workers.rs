//! Each worker of a server has its own database, with its share of the connections.

use std::{thread, time::Duration};

use domain::{Readiness, RepositoryError, TaskQuery, TaskRepository, testing::alice};
use infra::{Database, DatabaseSettings, DatabaseStatistics, DatabaseUrl, ExecutorKind, testing::TestDatabase};
use sea_orm::{ConnectionTrait, TransactionTrait};
use tokio::{
    sync::Barrier,
    time::{sleep, timeout},
};

use crate::connect::value;

/// Databases for this many workers, with this many connections in all.
async fn workers(database: &TestDatabase, max_connections: u32, workers: usize) -> Vec<Database> {
    let settings = DatabaseSettings {
        max_connections,
        acquire_timeout: Duration::from_secs(30),
        statement_timeout: Duration::from_secs(30),
        ..DatabaseSettings::new(DatabaseUrl::parse(database.url()).unwrap())
    };
    Database::connect(&settings).await.unwrap().for_workers(workers).await
}

fn sum(workers: &[Database]) -> DatabaseStatistics {
    workers.iter().map(Database::statistics).sum()
}

#[tokio::test]
async fn workers_share_the_connections() {
    let Some(database) = TestDatabase::postgres().await else { return };
    for (connections, count, expected) in
        [(36, 2, [18, 18].as_slice()), (7, 3, &[3, 2, 2]), (2, 8, &[1, 1]), (5, 1, &[5]), (5, 0, &[5])]
    {
        let workers = workers(&database, connections, count).await;

        let parts: Vec<usize> = workers.iter().map(|worker| worker.statistics().connections.max_connections).collect();

        assert_eq!(parts, expected, "{connections} connections for {count} workers");
    }
}

#[tokio::test]
async fn workers_share_one_database_without_the_executor() {
    let sqlite = TestDatabase::sqlite().await;
    assert_eq!(workers(&sqlite, 5, 4).await.len(), 1);

    let Some(postgres) = TestDatabase::postgres().await else { return };
    let settings = DatabaseSettings::new(DatabaseUrl::parse(postgres.url()).unwrap());
    let settings = DatabaseSettings { executor: ExecutorKind::SeaOrm, ..settings };
    assert_eq!(Database::connect(&settings).await.unwrap().for_workers(4).await.len(), 1);
}

#[tokio::test]
async fn connections_from_before_the_split_are_closed() {
    let Some(database) = TestDatabase::postgres().await else { return };
    let settings = DatabaseSettings::new(DatabaseUrl::parse(database.url()).unwrap());
    let whole = Database::connect(&settings).await.unwrap();
    whole.tasks().check().await.unwrap();
    assert_eq!(whole.statistics().connections.size, 1);

    let workers = whole.clone().for_workers(2).await;

    assert_eq!(whole.statistics().connections.size, 0);
    for worker in workers {
        worker.tasks().check().await.unwrap();
    }
}

#[tokio::test]
async fn workers_open_no_more_connections_than_allowed() {
    let Some(database) = TestDatabase::postgres().await else { return };
    let workers = workers(&database, 6, 2).await;

    // A connection works only while the runtime that opened it is running.
    let all_done = Barrier::new(2);
    thread::scope(|scope| {
        for worker in &workers {
            let (tasks, all_done) = (worker.tasks(), &all_done);
            scope.spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                runtime.block_on(async {
                    let (owner, query) = (alice().id, TaskQuery::default());
                    for _ in 0..20 {
                        let (a, b, c) =
                            tokio::join!(tasks.check(), tasks.list(&owner, &query), tasks.list(&owner, &query));
                        a.unwrap();
                        b.and(c).unwrap();
                    }
                    all_done.wait().await;
                });
            });
        }
    });

    let sum = sum(&workers).connections;
    assert_eq!(sum.max_connections, 6);
    assert!((2..=6).contains(&sum.size), "{sum:?}");
}

#[tokio::test]
async fn a_worker_does_not_wait_for_another_workers_connection() {
    let Some(database) = TestDatabase::postgres().await else { return };
    let workers = workers(&database, 2, 2).await;
    let lock = database.connection().begin().await.unwrap();
    lock.execute_unprepared("LOCK TABLE tasks").await.unwrap();

    let blocked: Vec<_> = workers
        .iter()
        .map(|worker| {
            let tasks = worker.tasks();
            tokio::spawn(async move { tasks.check().await })
        })
        .collect();
    let both_wait = async {
        let waiting = "SELECT count(*)::text FROM pg_stat_activity \
                       WHERE datname = current_database() AND wait_event_type = 'Lock'";
        while value(&lock, waiting).await != "2" {
            sleep(Duration::from_millis(10)).await;
            // Within a transaction, Postgres keeps one snapshot of the other sessions until it is cleared.
            lock.execute_unprepared("SELECT pg_stat_clear_snapshot()").await.unwrap();
        }
    };
    let both_wait = timeout(Duration::from_secs(10), both_wait).await;

    lock.rollback().await.unwrap();
    assert!(both_wait.is_ok(), "each has a connection of its own");
    for blocked in blocked {
        blocked.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn workers_are_closed_one_after_the_other() {
    let Some(database) = TestDatabase::postgres().await else { return };
    let workers = workers(&database, 6, 3).await;
    for worker in &workers {
        worker.tasks().check().await.unwrap();
    }

    for closed in 1..=workers.len() {
        workers[closed - 1].close().await;
        for (number, worker) in workers.iter().enumerate() {
            let outcome = worker.tasks().check().await;
            let is_closed = matches!(outcome, Err(RepositoryError::Unavailable(_)));
            assert_eq!(is_closed, number < closed, "{outcome:?}");
        }
    }
    assert_eq!(sum(&workers).connections.size, 0);
}
