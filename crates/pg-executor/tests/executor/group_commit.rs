//! Writes are committed together, and only their timing differs.
//!
//! Each test runs on one thread, so that concurrent writes are queued together.

use std::time::Duration;

use futures_util::{FutureExt, future::join_all};
use pg_executor::{Answer, Error, Executor, Statement};
use tokio::{
    task::yield_now,
    time::{sleep, timeout},
};

use crate::support::{PATIENCE, TestDatabase, insert, numbers, update};

/// Inserts these ids concurrently.
async fn insert_all(executor: &Executor, ids: impl IntoIterator<Item = i64>) -> Vec<Result<Answer, Error>> {
    join_all(ids.into_iter().map(|id| executor.run(insert(id, id)))).await
}

fn grouped(executor: &Executor) -> (u64, u64) {
    let statistics = executor.statistics();
    (statistics.grouped, statistics.ungrouped)
}

#[tokio::test]
async fn concurrent_writes_share_commits_and_keep_their_answers() {
    let Some(database) = TestDatabase::create().await else { return };
    let executor = database.executor();

    let inserted = insert_all(&executor, 0..100).await;

    for (id, answer) in inserted.into_iter().enumerate() {
        assert_eq!(numbers(&answer.unwrap(), 0), [i64::try_from(id).unwrap()]);
    }
    assert_eq!(database.ids().await, (0..100).collect::<Vec<_>>());
    let transactions = database.value("SELECT count(DISTINCT xmin::text)::text FROM t").await;
    let (together, singly) = grouped(&executor);
    assert!(together >= 90 && singly == 0 && transactions.parse::<u32>().unwrap() <= 10, "{together} {transactions}");
}

#[tokio::test]
async fn concurrent_batches_share_commits_and_keep_their_answers() {
    let Some(database) = TestDatabase::create().await else { return };
    let executor = database.executor();

    let batches = (0..20).map(|id| executor.run_batch(vec![insert(id, id), update(id, id + 100)]));
    let answers = join_all(batches).await;

    for (id, answers) in answers.into_iter().enumerate() {
        let [inserted, updated] = answers.unwrap().try_into().unwrap();
        let id = i64::try_from(id).unwrap();
        assert_eq!((numbers(&inserted, 0), updated.rows.len(), updated.affected), (vec![id], 0, 1));
    }
    let (together, singly) = grouped(&executor);
    assert!(together >= 15 && singly == 0, "{together} {singly}");
}

#[tokio::test]
async fn a_batch_that_is_refused_in_a_group_changes_nothing() {
    let Some(database) = TestDatabase::create().await else { return };
    let executor = database.executor();
    executor.run(insert(2, 2)).await.unwrap();

    let refused = executor.run_batch(vec![insert(1, 1), insert(2, 2)]);
    let other = executor.run_batch(vec![insert(3, 3), insert(4, 4)]);
    let (refused, other) = tokio::join!(refused, other);

    assert!(refused.is_err() && other.is_ok());
    assert_eq!(database.ids().await, [2, 3, 4]);
}

#[tokio::test]
async fn a_refused_write_fails_alone() {
    let Some(database) = TestDatabase::create().await else { return };
    let executor = database.executor();
    executor.run(insert(2, 2)).await.unwrap();

    let inserted = insert_all(&executor, [1, 2, 3, 4]).await;

    let refused: Vec<_> = inserted.iter().map(|outcome| outcome.as_ref().err().and_then(Error::code)).collect();
    let unique_violation = Some(&pg_executor::tokio_postgres::error::SqlState::UNIQUE_VIOLATION);
    assert_eq!(refused, [None, unique_violation, None, None]);
    assert_eq!(database.ids().await, [1, 2, 3, 4]);
    assert_eq!(grouped(&executor), (0, 4));
}

#[tokio::test]
async fn a_write_with_too_few_parameters_fails_alone() {
    let Some(database) = TestDatabase::create().await else { return };
    let executor = database.executor();
    let broken = Statement::write("INSERT INTO t VALUES ($1, $2)", [5_i64.into()]);

    let (first, broken, second) =
        tokio::join!(executor.run(insert(1, 1)), executor.run(broken), executor.run(insert(2, 2)));

    assert!(matches!(broken, Err(Error::ParameterCount { placeholders: 2, parameters: 1 })), "{broken:?}");
    first.and(second).unwrap();
    assert_eq!(database.ids().await, [1, 2]);
}

#[tokio::test]
async fn a_write_that_cannot_be_committed_fails_alone() {
    let Some(database) = TestDatabase::create().await else { return };
    let executor = database.executor();
    let deferred = "CREATE TABLE allowed (id bigint PRIMARY KEY); INSERT INTO allowed VALUES (1), (3); \
        ALTER TABLE t ADD FOREIGN KEY (id) REFERENCES allowed DEFERRABLE INITIALLY DEFERRED";
    database.direct.batch_execute(deferred).await.unwrap();

    let inserted = insert_all(&executor, [1, 2, 3]).await;

    let succeeded: Vec<bool> = inserted.iter().map(Result::is_ok).collect();
    assert_eq!(succeeded, [true, false, true]);
    assert_eq!(database.ids().await, [1, 3]);
}

#[tokio::test]
async fn writes_whose_connection_ends_are_in_doubt_and_not_retried() {
    let Some(database) = TestDatabase::create().await else { return };
    let executor = database.executor();
    // The last write ends the connection after all others have been executed.
    let body = "IF nextval('attempts') = 8 THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF;";
    database.before_each_change(body).await;

    for outcome in insert_all(&executor, 0..8).await {
        assert!(matches!(&outcome, Err(error @ Error::OutcomeUnknown(_)) if error.is_unavailable()), "{outcome:?}");
    }

    assert_eq!(
        (database.ids().await, database.value("SELECT last_value::text FROM attempts").await),
        (vec![], "8".into())
    );
    for outcome in insert_all(&executor, 0..8).await {
        outcome.unwrap();
    }
}

#[tokio::test]
async fn writes_with_an_outcome_unknown_to_the_server_are_not_retried() {
    let Some(database) = TestDatabase::create().await else { return };
    for (first, code) in [(0, "08007"), (20, "40003")] {
        let executor = database.executor();
        let body = format!("PERFORM nextval('attempts'); RAISE 'outcome unknown' USING ERRCODE = '{code}';");
        database.before_each_change(&body).await;

        for outcome in insert_all(&executor, first..first + 4).await {
            assert!(matches!(outcome, Err(Error::OutcomeUnknown(_))), "{outcome:?}");
        }
        let alone = executor.run(insert(first, 0)).await;
        assert!(matches!(alone, Err(Error::OutcomeUnknown(_))), "{alone:?}");
    }
    assert_eq!(database.value("SELECT last_value::text FROM attempts").await, "4", "one of each group, and one alone");
}

#[tokio::test]
async fn writes_that_lose_a_race_are_retried() {
    let Some(database) = TestDatabase::create().await else { return };
    let executor = database.executor();
    let body = "IF nextval('attempts') IN (3, 5) THEN RAISE serialization_failure; END IF;";
    database.before_each_change(body).await;

    for outcome in insert_all(&executor, 0..8).await {
        outcome.unwrap();
    }

    assert_eq!(database.ids().await.len(), 8);
    assert_eq!(grouped(&executor), (0, 8));
}

#[tokio::test]
async fn writes_with_an_outdated_plan_are_prepared_again() {
    let Some(database) = TestDatabase::create().await else { return };
    let executor = database.executor();
    let update_all = async || {
        let sql = "UPDATE t SET n = n + 1 WHERE id = $1 RETURNING n";
        let updates = (0..8_i64).map(|id| executor.run(Statement::write(sql, [id.into()])));
        for outcome in join_all(updates).await {
            assert_eq!(outcome.unwrap().affected, 1);
        }
        grouped(&executor)
    };
    insert_all(&executor, 0..8).await;
    assert_eq!(update_all().await, (16, 0));

    database.direct.batch_execute("ALTER TABLE t ALTER n TYPE int").await.unwrap();

    assert_eq!(update_all().await, (24, 0));
}

#[tokio::test]
async fn a_read_only_session_is_replaced() {
    let Some(database) = TestDatabase::create().await else { return };
    let name = database.value("SELECT current_database()::text").await;
    let alter = async |change: &str| {
        database.direct.batch_execute(&format!("ALTER DATABASE {name} {change}")).await.unwrap();
    };
    for ids in [0..1, 10..18] {
        let executor = database.executor();
        alter("SET default_transaction_read_only = on").await;
        for outcome in insert_all(&executor, ids.clone()).await {
            assert!(matches!(&outcome, Err(error @ Error::Refused(_)) if error.is_unavailable()), "{outcome:?}");
        }
        assert_eq!(grouped(&executor), (0, 0), "all would be refused");

        alter("RESET default_transaction_read_only").await;

        for outcome in insert_all(&executor, ids).await {
            outcome.unwrap();
        }
    }
}

#[tokio::test]
async fn a_write_that_waits_for_a_lock_does_not_delay_others() {
    let Some(database) = TestDatabase::create().await else { return };
    let executor = database.executor();
    executor.run(insert(0, 0)).await.unwrap();
    database.direct.batch_execute("BEGIN; SELECT 1 FROM t FOR UPDATE").await.unwrap();

    let mut waiting = Vec::new();
    // First alone, then in a group.
    for others in [0..0, 10..18, 20..28] {
        let blocked = executor.clone();
        waiting.push(tokio::spawn(async move { blocked.run(update(0, 1)).await }));
        let inserted = timeout(PATIENCE / 6, insert_all(&executor, others)).await.unwrap();
        assert!(inserted.iter().all(Result::is_ok), "{inserted:?}");
        sleep(Duration::from_millis(50)).await;
    }
    database.unlock().await;

    for blocked in waiting {
        assert_eq!(blocked.await.unwrap().unwrap().affected, 1);
    }
}

#[tokio::test]
async fn writes_queued_behind_a_blocked_one_continue() {
    let Some(database) = TestDatabase::create().await else { return };
    let executor = database.executor();
    executor.run(insert(0, 0)).await.unwrap();
    database.direct.batch_execute("BEGIN; SELECT 1 FROM t FOR UPDATE").await.unwrap();
    let blocked = executor.clone();
    let blocked = tokio::spawn(async move { blocked.run(update(0, 1)).await });
    // The write has started, and nothing shows yet that it is blocked.
    for _ in 0..10 {
        yield_now().await;
    }

    timeout(PATIENCE / 6, executor.run(insert(1, 1))).await.unwrap().unwrap();

    assert!(!blocked.is_finished());
    database.unlock().await;
    blocked.await.unwrap().unwrap();
}

#[tokio::test]
async fn an_abandoned_write_that_is_still_queued_is_not_run() {
    let Some(database) = TestDatabase::create().await else { return };
    let executor = database.executor();

    for id in 0..3 {
        assert!(executor.run(insert(id, id)).now_or_never().is_none());
    }
    executor.run(insert(7, 7)).await.unwrap();

    assert_eq!(database.ids().await, [7]);
}
