//! How connections are handed out, closed and replaced.

use std::{collections::BTreeSet, time::Duration};

use pg_executor::{Error, Executor, Settings, Statement, tokio_postgres::error::SqlState};
use tokio::time::{Instant, sleep, timeout};

use crate::support::{PATIENCE, TestDatabase, get, insert, numbers, patient, update, wait_until};

fn single() -> Settings {
    Settings { max_connections: 1, ..patient() }
}

async fn pid(executor: &Executor) -> Vec<i64> {
    numbers(&executor.run(Statement::read("SELECT pg_backend_pid()::int8", [])).await.unwrap(), 0)
}

shared_or_not! {
    postgres_stops_a_long_statement_and_the_connection_goes_on,
    a_refused_statement_leaves_its_connection_in_use,
    a_connection_that_postgres_ended_is_replaced,
    an_abandoned_statement_gives_its_connection_back,
    abandoned_long_reads_open_no_further_connections,
    a_statement_that_gets_no_connection_in_time_fails,
    a_statement_that_loses_a_race_is_retried_three_times,
    idle_connections_are_closed_and_old_ones_replaced,
    long_reads_leave_connections_to_other_statements,
    a_connection_that_mixed_up_answers_is_closed,
}

async fn postgres_stops_a_long_statement_and_the_connection_goes_on(database: TestDatabase) {
    let limit = Duration::from_millis(300);
    let executor = database.executor_with(Settings { statement_timeout: limit, ..single() });
    let before = pid(&executor).await;
    database.lock().await;
    let begin = Instant::now();

    let error = executor.run(update(1, 1)).await.unwrap_err();

    assert_eq!((error.code(), error.is_unavailable()), (Some(&SqlState::QUERY_CANCELED), true));
    assert!((limit..limit + Duration::from_secs(1)).contains(&begin.elapsed()), "{:?}", begin.elapsed());
    database.unlock().await;
    assert_eq!(pid(&executor).await, before);
}

async fn a_refused_statement_leaves_its_connection_in_use(database: TestDatabase) {
    let executor = database.executor_with(single());
    let before = pid(&executor).await;

    executor.run(Statement::read("SELECT * FROM nothing", [])).await.unwrap_err();

    assert_eq!(pid(&executor).await, before);
}

async fn a_connection_that_postgres_ended_is_replaced(database: TestDatabase) {
    let executor = database.executor_with(single());
    let before = pid(&executor).await;
    let end = format!("SELECT pg_terminate_backend({})::text", before[0]);
    assert_eq!(database.value(&end).await, "true");
    // Wait until the connection's end has arrived.
    sleep(Duration::from_millis(500)).await;

    assert_ne!(pid(&executor).await, before);
}

async fn an_abandoned_statement_gives_its_connection_back(database: TestDatabase) {
    let executor = database.executor_with(single());
    let before = pid(&executor).await;
    database.lock().await;

    timeout(Duration::from_millis(50), executor.run(get(1))).await.unwrap_err();
    database.unlock().await;

    assert_eq!(pid(&executor).await, before);
}

async fn abandoned_long_reads_open_no_further_connections(database: TestDatabase) {
    let settings = Settings { max_connections: 8, ..patient() };
    let executor = database.executor_with(settings);
    let mut opened = BTreeSet::new();
    for _ in 0..50 {
        let read = Statement::read_many("SELECT pg_sleep(0.05)::text", []);
        timeout(Duration::from_millis(20), executor.run(read)).await.unwrap_err();
        let open =
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'executor'";
        let open = database.direct.query(open, &[]).await.unwrap();
        opened.extend(open.iter().map(|row| row.get::<_, i32>(0)));
    }

    assert!((1..=settings.max_connections).contains(&opened.len()), "{opened:?}");
    wait_until(&executor, |now| now.size == now.idle).await;
    executor.run(Statement::read_many("SELECT n FROM t", [])).await.unwrap();
}

async fn a_statement_that_gets_no_connection_in_time_fails(database: TestDatabase) {
    let limit = Duration::from_millis(300);
    let executor = database.executor_with(Settings { acquire_timeout: limit, ..single() });
    // Opening the connection may take longer if many tests share the machine.
    while executor.run(get(1)).await.is_err() {}
    wait_until(&executor, |now| (now.size, now.idle, now.waiting) == (1, 1, 0)).await;
    let before = executor.statistics().acquire_timeouts;
    database.lock().await;
    let run = |statement| {
        let executor = executor.clone();
        tokio::spawn(async move { executor.run(statement).await })
    };
    let blocked = run(update(1, 1));
    wait_until(&executor, |now| (now.size, now.idle, now.waiting) == (1, 0, 0)).await;

    let (fails, is_abandoned) = (run(get(1)), run(get(1)));
    wait_until(&executor, |now| now.waiting == 2).await;
    is_abandoned.abort();
    let outcome = fails.await.unwrap();

    assert!(matches!(outcome, Err(Error::NoConnection(_))), "{outcome:?}");
    wait_until(&executor, |now| (now.waiting, now.acquire_timeouts) == (0, before + 1)).await;
    database.unlock().await;
    blocked.await.unwrap().unwrap();
    wait_until(&executor, |now| (now.idle, now.waiting) == (1, 0)).await;
}

async fn a_statement_that_loses_a_race_is_retried_three_times(database: TestDatabase) {
    let executor = database.executor();
    database.before_each_change("IF nextval('attempts') <= 2 THEN RAISE serialization_failure; END IF;").await;

    executor.run(insert(1, 1)).await.unwrap();
    assert_eq!(executor.statistics().retries, 2);

    database.direct.batch_execute("SELECT setval('attempts', 1, false)").await.unwrap();
    database.before_each_change("PERFORM nextval('attempts'); RAISE deadlock_detected;").await;
    let error = executor.run(insert(2, 2)).await.unwrap_err();

    assert_eq!((error.code(), error.is_unavailable()), (Some(&SqlState::T_R_DEADLOCK_DETECTED), true));
    assert_eq!(database.value("SELECT last_value::text FROM attempts").await, "4");
}

async fn idle_connections_are_closed_and_old_ones_replaced(database: TestDatabase) {
    let brief = Duration::from_millis(100);
    let closes_idle = database.executor_with(Settings { idle_timeout: brief, ..single() });
    pid(&closes_idle).await;
    wait_until(&closes_idle, |now| now.size == 0).await;

    let replaces_old = database.executor_with(Settings { max_lifetime: brief, ..single() });
    let before = pid(&replaces_old).await;
    sleep(2 * brief).await;
    assert_ne!(pid(&replaces_old).await, before);
}

async fn long_reads_leave_connections_to_other_statements(database: TestDatabase) {
    let executor = database.executor_with(Settings { max_connections: 20, ..patient() });
    let run = |statement: Statement| {
        let executor = executor.clone();
        tokio::spawn(async move { executor.run(statement).await })
    };
    database.lock().await;

    let long: Vec<_> = (0..20).map(|_| run(Statement::read_many("SELECT n FROM t", []))).collect();
    wait_until(&executor, |now| now.waiting == 15).await;
    let short: Vec<_> = (0..5).map(|_| run(get(1))).collect();
    let both_wait = async {
        let waiting = "SELECT count(*)::text FROM pg_stat_activity WHERE datname = current_database() \
                       AND query LIKE '%WHERE id = $1' AND wait_event_type = 'Lock'";
        while database.value(waiting).await.parse::<u32>().unwrap() < 5 {
            database.direct.batch_execute("SELECT pg_stat_clear_snapshot()").await.unwrap();
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(PATIENCE, both_wait).await.unwrap();
    wait_until(&executor, |now| now.waiting == 15).await;

    database.unlock().await;
    for read in long.into_iter().chain(short) {
        read.await.unwrap().unwrap();
    }
    assert_eq!(executor.statistics().waiting, 0);
}

async fn a_connection_that_mixed_up_answers_is_closed(database: TestDatabase) {
    let executor = database.executor_with(single());
    let answer = executor.run(Statement::read("SELECT pg_backend_pid()::int8", [])).await.unwrap();

    answer.close_connection();

    assert_ne!(pid(&executor).await, numbers(&answer, 0));
}
