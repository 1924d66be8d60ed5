//! Connections to Postgres are shared out, given up and replaced as they should be.

use std::{future::Future, thread, time::Duration};

use domain::{
    Clock, CreateOptions, IdSource, NewTask, Readiness, RepositoryError, TaskRepository, Title,
    testing::{FixedClock, SequentialIds, alice},
};
use infra::{Database, DatabaseSettings, DatabaseUrl, testing::TestDatabase};
use sea_orm::{ConnectionTrait, TransactionTrait};
use tokio::{
    runtime::Runtime,
    sync::{Barrier, oneshot},
    time::{Instant, sleep, timeout},
};

use crate::connect::value;

const BRIEF: Duration = Duration::from_millis(300);

fn settings(database: &TestDatabase) -> DatabaseSettings {
    let url = DatabaseUrl::parse(database.url()).unwrap();
    // Patient where a test is not about patience: many share the machine.
    let acquire_timeout = Duration::from_secs(30);
    DatabaseSettings { max_connections: 2, acquire_timeout, statement_timeout: BRIEF, ..DatabaseSettings::new(url) }
}

/// A database of its own for a test, and another way to it, with brief limits.
async fn with(change: impl Fn(DatabaseSettings) -> DatabaseSettings) -> Option<(TestDatabase, Database)> {
    let database = TestDatabase::postgres().await?;
    let limited = Database::connect(&change(settings(&database))).await.unwrap();
    Some((database, limited))
}

/// The processes that serve the limited connections.
async fn backends(database: &impl ConnectionTrait, what: &str) -> String {
    let sql = format!(
        "SELECT {what} FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%tasks%' \
         AND pid <> pg_backend_pid() AND query NOT LIKE 'LOCK%'"
    );
    value(database, &sql).await
}

async fn refused(work: impl Future<Output = Result<(), RepositoryError>>) -> Duration {
    let begin = Instant::now();
    let outcome = work.await;
    assert!(matches!(outcome, Err(RepositoryError::Unavailable(_))), "{outcome:?}");
    begin.elapsed()
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_stops_a_statement_that_takes_too_long_and_the_connection_goes_on() {
    let Some((database, limited)) = with(|settings| DatabaseSettings { max_connections: 1, ..settings }).await else {
        return;
    };
    limited.tasks().check().await.unwrap();
    let before = backends(database.connection(), "string_agg(pid::text, ' ')").await;
    let lock = database.connection().begin().await.unwrap();
    lock.execute_unprepared("LOCK TABLE tasks").await.unwrap();

    let took = refused(limited.tasks().check()).await;

    assert!((BRIEF..BRIEF + Duration::from_secs(1)).contains(&took), "{took:?}");
    lock.rollback().await.unwrap();
    limited.tasks().check().await.unwrap();
    assert_eq!(backends(database.connection(), "string_agg(pid::text, ' ')").await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_that_nobody_waits_for_takes_its_connection_along() {
    let Some((database, limited)) = with(|settings| DatabaseSettings { max_connections: 1, ..settings }).await else {
        return;
    };
    let tasks = limited.tasks();
    tasks.check().await.unwrap();
    let lock = database.connection().begin().await.unwrap();
    lock.execute_unprepared("LOCK TABLE tasks").await.unwrap();

    timeout(Duration::from_millis(50), tasks.check()).await.unwrap_err();
    lock.rollback().await.unwrap();

    // At once, over a new one: the one that is in the middle of something is not used again.
    tasks.check().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_gets_no_connection_in_time_is_told_so() {
    let change = |settings| DatabaseSettings {
        max_connections: 1,
        acquire_timeout: Duration::from_millis(50),
        statement_timeout: Duration::from_secs(5),
        ..settings
    };
    let Some((database, limited)) = with(change).await else { return };
    // To open the connection may take longer where many share the machine.
    while limited.tasks().check().await.is_err() {}
    let before = limited.statistics().acquire_timeouts;
    let lock = database.connection().begin().await.unwrap();
    lock.execute_unprepared("LOCK TABLE tasks").await.unwrap();
    let taken = limited.tasks();
    let taken = tokio::spawn(async move { taken.check().await });
    while limited.statistics().idle > 0 {
        sleep(Duration::from_millis(1)).await;
    }

    let took = refused(limited.tasks().check()).await;

    assert!((Duration::from_millis(50)..Duration::from_secs(2)).contains(&took), "{took:?}");
    assert_eq!(limited.statistics().acquire_timeouts - before, 1);
    lock.rollback().await.unwrap();
    taken.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_that_loses_against_another_is_run_again() {
    // Of one driver, and of both.
    for max_connections in [1, 4] {
        let change = |settings| DatabaseSettings { max_connections, ..settings };
        let Some((database, limited)) = with(change).await else { return };
        a_statement_that_loses_is_run_again(&database, &limited).await;
    }
}

async fn a_statement_that_loses_is_run_again(database: &TestDatabase, limited: &Database) {
    let loses_twice = "CREATE SEQUENCE attempts; \
        CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
        IF nextval('attempts') <= 2 THEN RAISE serialization_failure; END IF; RETURN NEW; END $$; \
        CREATE TRIGGER lose BEFORE INSERT ON tasks FOR EACH ROW EXECUTE FUNCTION lose()";
    database.connection().execute_unprepared(loses_twice).await.unwrap();
    let now = FixedClock::default().now();
    let ids = SequentialIds::default();
    let new = NewTask { title: Title::try_from("Buy groceries").unwrap(), description: None, completed: false };
    let (tasks, owner) = (limited.tasks(), alice().id);
    let create = || async { tasks.create(&owner, ids.next(now), &new, &CreateOptions::default(), now).await.map(drop) };

    create().await.unwrap();
    assert_eq!(limited.statistics().retries, 2);

    let always = "CREATE OR REPLACE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
        PERFORM nextval('attempts'); RAISE deadlock_detected; END $$; SELECT setval('attempts', 1, false)";
    database.connection().execute_unprepared(always).await.unwrap();
    refused(create()).await;
    assert_eq!(value(database.connection(), "SELECT last_value::text FROM attempts").await, "4", "not for ever");
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_are_not_needed_any_more_are_closed_and_old_ones_replaced() {
    for change in [
        |settings| DatabaseSettings { idle_timeout: Duration::from_millis(50), ..settings },
        |settings| DatabaseSettings { max_lifetime: Duration::from_millis(50), ..settings },
    ] {
        let Some((database, limited)) = with(change).await else { return };
        limited.tasks().check().await.unwrap();
        let first = backends(database.connection(), "max(pid)::text").await;

        sleep(Duration::from_millis(200)).await;
        limited.tasks().check().await.unwrap();

        let second = backends(database.connection(), "max(backend_start)::text || max(pid)::text").await;
        assert!(!second.ends_with(&first), "{first} {second}");
    }
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// Connections for two threads, and the runtime that they were made on.
fn for_two_threads(max_connections: u32) -> Option<(Runtime, TestDatabase, Database)> {
    let main = runtime();
    let statement_timeout = Duration::from_secs(30);
    let change = |settings| DatabaseSettings { max_connections, threads: 2, statement_timeout, ..settings };
    let (database, limited) = main.block_on(with(change))?;
    Some((main, database, limited))
}

#[test]
fn threads_share_the_connections_and_never_open_more() {
    let Some((_main, database, limited)) = for_two_threads(3) else { return };

    // The runtime that a connection was opened on has to run for as long as anyone uses it.
    let all_done = Barrier::new(4);
    thread::scope(|scope| {
        for _ in 0..4 {
            let (limited, tasks, all_done) = (&limited, limited.tasks(), &all_done);
            scope.spawn(move || {
                limited.claim_share();
                runtime().block_on(async {
                    let mut outcome = Ok(());
                    for _ in 0..20 {
                        let (a, b, c) = tokio::join!(tasks.check(), tasks.check(), tasks.check());
                        outcome = outcome.and(a).and(b).and(c);
                    }
                    all_done.wait().await;
                    outcome.unwrap();
                });
            });
        }
    });

    let statistics = limited.statistics();
    assert_eq!(statistics.max_connections, 3);
    assert!(statistics.size <= 3, "{statistics:?}");
    drop(database);
}

#[test]
fn a_thread_that_serves_has_its_share_whoever_asked_before_it() {
    let Some((main, database, limited)) = for_two_threads(2) else { return };

    thread::scope(|scope| {
        let serve = |may_ask: Option<oneshot::Receiver<()>>| {
            let (limited, (asked, has_asked)) = (&limited, oneshot::channel());
            let asks = move || {
                limited.claim_share();
                runtime().block_on(async {
                    if let Some(may_ask) = may_ask {
                        limited.tasks().check().await.unwrap();
                        asked.send(()).unwrap();
                        may_ask.await.unwrap();
                    }
                    limited.tasks().check().await.unwrap();
                });
            };
            scope.spawn(asks);
            has_asked
        };
        let (go_on, may_ask) = oneshot::channel();
        main.block_on(async {
            serve(Some(may_ask)).await.unwrap();
            // Another thread, such as that of the metrics.
            limited.tasks().check().await.unwrap();
            let lock = database.connection().begin().await.unwrap();
            lock.execute_unprepared("LOCK TABLE tasks").await.unwrap();
            serve(None);
            go_on.send(()).unwrap();
            let both_wait = async {
                while backends(&lock, "count(*) FILTER (WHERE wait_event_type = 'Lock')::text").await != "2" {
                    sleep(Duration::from_millis(10)).await;
                    // What a transaction sees of others it sees for good, unless it forgets that.
                    lock.execute_unprepared("SELECT pg_stat_clear_snapshot()").await.unwrap();
                }
            };
            let both_wait = timeout(Duration::from_secs(10), both_wait).await;
            lock.rollback().await.unwrap();
            assert!(both_wait.is_ok(), "each has a connection of its own");
        });
    });
}
