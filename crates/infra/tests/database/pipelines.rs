//! Reads are pipelined over a shared connection, unless they share nothing, and each gets its own answer.

use std::time::Duration;

use domain::{
    Clock, CreateOptions, IdSource, SessionStore, TaskQuery, TaskRepository,
    testing::{FixedClock, SequentialIds, alice, bob, titled},
};
use futures_util::future::join_all;
use infra::{Database, testing::TestDatabase};
use sea_orm::ConnectionTrait;
use tokio::time::{sleep, timeout};

use crate::sessions::with_sessions;

/// Repeats a read until it is pipelined.
async fn until_pipelined(database: &Database) {
    let before = database.statistics().connections.pipelined;
    let opened = async {
        while database.statistics().connections.pipelined == before {
            database.tasks().list(&alice().id, &TaskQuery::default()).await.unwrap();
            sleep(Duration::from_millis(1)).await;
        }
    };
    timeout(Duration::from_secs(20), opened).await.unwrap();
}

shared_or_not! {
    concurrent_reads_have_their_own_answers,
}

async fn concurrent_reads_have_their_own_answers(database: TestDatabase) {
    let is_shared = database.sharing().is_some_and(|sharing| sharing.is_on);
    let (tasks, now, ids) = (database.tasks(), FixedClock::default().now(), SequentialIds::default());
    let owned: Vec<_> =
        [alice().id, bob().id].into_iter().cycle().take(40).map(|owner| (owner, ids.next(now).into())).collect();
    for (owner, id) in &owned {
        tasks.create(owner, *id, &titled(owner.as_str()), &CreateOptions::default(), now).await.unwrap();
    }
    if is_shared {
        until_pipelined(&database).await;
    }
    let before = database.statistics().connections.pipelined;

    for round in 0..20_u64 {
        let reads = owned.iter().enumerate().map(|(number, (owner, id))| {
            let tasks = &tasks;
            async move {
                // Some callers stop waiting. Their answers still arrive and must not reach anybody else.
                let hangs_up = (number as u64 + round).is_multiple_of(5);
                let patience = if hangs_up { Duration::from_micros(50 * round) } else { Duration::from_secs(30) };
                let found = timeout(patience, tasks.get(owner, *id)).await;
                if let Ok(found) = found {
                    let task = found.unwrap().unwrap();
                    assert_eq!((&task.owner, task.id, task.title.as_str()), (owner, *id, owner.as_str()));
                }
                let listed = timeout(patience, tasks.list(owner, &TaskQuery::default())).await;
                if let Ok(listed) = listed {
                    let listed = listed.unwrap().items;
                    assert_eq!((listed.len(), listed.iter().all(|task| task.owner == *owner)), (20, true));
                }
            }
        });
        join_all(reads).await;
    }

    let shared = database.statistics().connections.pipelined - before;
    let expected = if is_shared { 201..=u64::MAX } else { 0..=0 };
    assert!(expected.contains(&shared), "{shared} of some 1,500");
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_are_pipelined_with_either_type_of_time() {
    let Some(database) = TestDatabase::postgres().await else { return };
    until_pipelined(&database).await;
    for time in ["timestamptz", "timestamp"] {
        database.connection().execute_unprepared("DROP TABLE IF EXISTS session").await.unwrap();
        with_sessions(&database, time, &[("t", "bob")]).await;
        let before = database.statistics().connections.pipelined;
        let looked_up = async {
            while database.statistics().connections.pipelined == before {
                let session = database.sessions().session("t").await.unwrap().unwrap();
                let found = (session.owner.as_str(), session.expires_at.to_string());
                assert_eq!(found, ("bob", "2026-11-22T00:33:45.737Z".to_owned()));
            }
        };
        timeout(Duration::from_secs(20), looked_up).await.unwrap();
    }
}
