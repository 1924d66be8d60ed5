//! One client whose writes make groups fail does not cost the others their groups.
//!
//! Each test runs on one thread, so that concurrent writes are queued together.

use futures_util::future::join_all;
use pg_executor::{Executor, Settings, Statement, tokio_postgres::error::SqlState};
use tokio::time::{Duration, sleep, timeout};

use crate::support::{PATIENCE, TestDatabase, insert, patient, update};

const ROUNDS: i64 = 10;

/// Inserts ten rows concurrently.
async fn others(executor: &Executor, round: i64) {
    for inserted in join_all((0..10).map(|id| executor.run(insert(1000 + 10 * round + id, id)))).await {
        inserted.unwrap();
    }
}

/// Runs a write that is refused again and again, beside others.
async fn ungroups_others_once(executor: &Executor, write: impl Fn() -> Statement, code: &SqlState) {
    for round in 0..ROUNDS {
        let (refused, ()) = tokio::join!(executor.run(write()), others(executor, round));
        assert_eq!(refused.unwrap_err().code(), Some(code));
    }

    let statistics = executor.statistics();
    assert_eq!((statistics.grouped, statistics.ungrouped), (90, 11), "{statistics:?}");
}

#[tokio::test]
async fn writes_that_are_refused_again_and_again_ungroup_others_once() {
    let Some(database) = TestDatabase::create().await else { return };
    let executor = database.executor();
    executor.run(insert(1, 1)).await.unwrap();

    ungroups_others_once(&executor, || insert(1, 1), &SqlState::UNIQUE_VIOLATION).await;
}

#[tokio::test]
async fn writes_refused_at_the_commit_ungroup_others_once() {
    let Some(database) = TestDatabase::create().await else { return };
    let executor = database.executor();
    database.at_each_commit("IF NEW.n = -1 THEN RAISE check_violation; END IF;").await;

    ungroups_others_once(&executor, || insert(1, -1), &SqlState::CHECK_VIOLATION).await;
}

#[tokio::test]
async fn writes_of_a_locked_row_ungroup_others_once() {
    let Some(database) = TestDatabase::create().await else { return };
    let executor = database.executor();
    executor.run(insert(1, 1)).await.unwrap();
    database.direct.batch_execute("BEGIN; SELECT 1 FROM t FOR UPDATE").await.unwrap();

    let mut waiting = Vec::new();
    for round in 0..ROUNDS {
        let blocked = executor.clone();
        waiting.push(tokio::spawn(async move { blocked.run(update(1, round)).await }));
        others(&executor, round).await;
    }

    assert_eq!(executor.statistics().ungrouped, 11, "{executor:?}");
    database.unlock().await;
    for blocked in waiting {
        assert_eq!(blocked.await.unwrap().unwrap().affected, 1);
    }
}

#[tokio::test]
async fn writes_kept_out_of_groups_take_few_connections() {
    let Some(database) = TestDatabase::create().await else { return };
    let acquire_timeout = Duration::from_secs(3);
    let executor = database.executor_with(Settings { max_connections: 7, acquire_timeout, ..patient() });
    executor.run(insert(1, 1)).await.unwrap();
    executor.run(insert(1, 1)).await.unwrap_err();
    database.direct.batch_execute("BEGIN; LOCK TABLE t").await.unwrap();

    // It would be refused, but for the lock.
    let waiting: Vec<_> = (0..20)
        .map(|_| {
            let executor = executor.clone();
            tokio::spawn(async move { executor.run(insert(1, 1)).await })
        })
        .collect();
    sleep(Duration::from_millis(300)).await;

    let now = executor.statistics();
    assert_eq!((now.size - now.idle, now.waiting), (1, 0), "one waits for the lock, and none in front of other writes");
    database.unlock().await;
    timeout(PATIENCE, join_all(waiting)).await.unwrap();
}
