//! Reads share a connection, and only their timing differs.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures_util::{FutureExt, future::join_all};
use pg_executor::{Executor, Settings, Statement};
use tokio::time::{Instant, sleep, timeout};

use crate::{
    network::Network,
    support::{PATIENCE, TestDatabase, get, insert, numbers, patient, until_pipelined},
};

/// Repeats a read until it runs over the pipeline.
async fn pipelined(executor: &Executor, read: impl Fn() -> Statement) -> Vec<i64> {
    loop {
        let before = executor.statistics().pipelined;
        let answer = executor.run(read()).await.unwrap();
        if executor.statistics().pipelined > before {
            return numbers(&answer, 0);
        }
    }
}

fn pid() -> Statement {
    Statement::read("SELECT pg_backend_pid()::int8", [])
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_reads_share_a_connection_and_keep_their_answers() {
    let Some(database) = TestDatabase::create().await else { return };
    let executor = database.executor();
    join_all((0..40).map(|id| executor.run(insert(id, 1000 + id)))).await;
    until_pipelined(&executor).await;
    let before = executor.statistics().pipelined;

    for round in 0..20_u64 {
        let reads = (0..40_i64).map(|id| {
            let executor = &executor;
            async move {
                // Some callers do not wait for their answers, which arrive anyway.
                let hangs_up = (id.unsigned_abs() + round).is_multiple_of(5);
                let patience = if hangs_up { Duration::from_micros(50 * round) } else { PATIENCE };
                if let Ok(answer) = timeout(patience, executor.run(get(id))).await {
                    let answer = answer.unwrap();
                    assert_eq!((numbers(&answer, 0), numbers(&answer, 1)), (vec![id], vec![1000 + id]));
                }
            }
        });
        join_all(reads).await;
    }

    let shared = executor.statistics().pipelined - before;
    assert!(shared > 100, "only {shared} of some 700");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_read_in_the_pipeline_does_not_delay_others() {
    let Some(database) = TestDatabase::create().await else { return };
    let executor = database.executor();
    executor.run(insert(1, 1)).await.unwrap();
    until_pipelined(&executor).await;

    let slow = executor.clone();
    let slow = tokio::spawn(async move { slow.run(Statement::read("SELECT 1::int8 FROM pg_sleep(3)", [])).await });
    sleep(Duration::from_millis(30)).await;
    let begin = Instant::now();
    for _ in 0..10 {
        assert_eq!(numbers(&executor.run(get(1)).await.unwrap(), 1), [1]);
    }

    assert!(begin.elapsed() < Duration::from_secs(2), "{:?}", begin.elapsed());
    assert_eq!(numbers(&slow.await.unwrap().unwrap(), 0), [1], "it was run again on a connection of its own");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_that_fails_in_the_pipeline_fails_with_its_error() {
    let Some(database) = TestDatabase::create().await else { return };
    let executor = database.executor();
    until_pipelined(&executor).await;

    let error = executor.run(Statement::read("SELECT 1 / $1", [0.into()])).await.unwrap_err();

    assert_eq!(error.code().unwrap().code(), "22012");
    until_pipelined(&executor).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pipeline_that_postgres_ends_is_replaced_and_no_read_fails() {
    let Some(database) = TestDatabase::create().await else { return };
    let executor = database.executor();
    for _again in 0..3 {
        let ended = pipelined(&executor, pid).await;
        let end = format!("SELECT pg_terminate_backend({})::text", ended[0]);
        assert_eq!(database.value(&end).await, "true");

        for _ in 0..20 {
            executor.run(get(1)).await.unwrap();
        }
        assert_ne!(pipelined(&executor, pid).await, ended);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pipelined_read_with_an_outdated_plan_is_prepared_again() {
    let Some(database) = TestDatabase::create().await else { return };
    let executor = database.executor();
    until_pipelined(&executor).await;

    // "cached plan must not change result type"
    database.direct.batch_execute("ALTER TABLE t ALTER n TYPE int").await.unwrap();

    until_pipelined(&executor).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pipeline_with_many_orphaned_statements_is_replaced() {
    let Some(database) = TestDatabase::create().await else { return };
    let executor = database.executor();
    let first = pipelined(&executor, pid).await;

    for number in 0..150 {
        // Stops waiting while the statement is being prepared.
        executor.run(Statement::read(format!("SELECT {number}"), [])).now_or_never();
        if number == 50 {
            assert_eq!(pipelined(&executor, pid).await, first);
        }
    }

    assert_ne!(pipelined(&executor, pid).await, first);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pipeline_is_closed_when_idle_and_replaced_when_old() {
    let Some(database) = TestDatabase::create().await else { return };
    for settings in [
        Settings { idle_timeout: Duration::from_millis(100), ..patient() },
        Settings { max_lifetime: Duration::from_millis(100), ..patient() },
    ] {
        let executor = database.executor_with(settings);
        let first = pipelined(&executor, pid).await;
        sleep(Duration::from_millis(400)).await;
        if settings.idle_timeout < Duration::from_secs(1) {
            assert_eq!(executor.statistics().size, 0, "{executor:?}");
        }
        assert_ne!(pipelined(&executor, pid).await, first);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn long_reads_wait_longer_in_the_pipeline_than_short_ones() {
    let Some(database) = TestDatabase::create().await else { return };
    let executor = database.executor_with(Settings { max_connections: 20, ..patient() });
    let pipelined_of_40 = async |statement: fn(&'static str, [pg_executor::Parameter; 0]) -> Statement| {
        until_pipelined(&executor).await;
        let before = executor.statistics().pipelined;
        let slow = || executor.run(statement("SELECT 1 FROM pg_sleep(0.02)", []));
        for outcome in join_all((0..40).map(|_| slow())).await {
            outcome.unwrap();
        }
        executor.statistics().pipelined - before
    };

    let long = pipelined_of_40(Statement::read_many).await;
    let short = pipelined_of_40(Statement::read).await;

    assert!(long > 2 * short, "{long} long ones and {short} short ones of 40 each");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pipeline_that_mixed_up_answers_is_replaced() {
    let Some(database) = TestDatabase::create().await else { return };
    let executor = database.executor();
    let first = pipelined(&executor, pid).await;
    let before = executor.statistics().pipelined;
    let answer = executor.run(pid()).await.unwrap();
    assert_eq!((numbers(&answer, 0), executor.statistics().pipelined), (first.clone(), before + 1));

    answer.close_connection();

    assert_ne!(pipelined(&executor, pid).await, first);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pipeline_that_breaks_the_protocol_is_replaced() {
    let Some(database) = TestDatabase::create().await else { return };
    let loses = Arc::new(AtomicBool::new(false));
    let network = Network {
        tamper: Some(Box::new({
            let loses = Arc::clone(&loses);
            // Without its first message, the answer to a prepared statement begins with a row.
            move |mut bytes| {
                let is_answer = bytes.starts_with(b"2\0\0\0\x04");
                bytes.drain(..if is_answer && loses.swap(false, Ordering::SeqCst) { 5 } else { 0 });
                Some(bytes)
            }
        })),
        ..Network::default()
    };
    let executor = database.executor_behind(&Arc::new(network), patient()).await;
    let first = pipelined(&executor, pid).await;

    loses.store(true, Ordering::SeqCst);
    assert_ne!(numbers(&executor.run(pid()).await.unwrap(), 0), first, "the read was run again elsewhere");

    assert_ne!(pipelined(&executor, pid).await, first);
}
