//! Concurrent calls have the same effect as consecutive ones.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use domain::{
    Clock, CreateOptions, CreateOutcome, IdSource, IdempotencyGuard, IdempotencyKey, IdempotencyKeys, TaskRepository,
    testing::{FixedClock, SequentialIds, alice, titled},
};
use futures_util::FutureExt;
use infra::{Connection, Database, DatabaseSettings, SeaOrmTasks, testing::TestDatabase};
use sea_orm::{ConnectionTrait, DatabaseTransaction, TransactionTrait};
use tokio::{sync::Barrier, time::sleep};

use crate::{connect::value, contract::by_seaorm, tapped::Tapped};

/// Waits until another session waits for a lock.
async fn someone_waits(transaction: &DatabaseTransaction) {
    let waiting = "SELECT count(*)::text FROM pg_stat_activity \
        WHERE datname = current_database() AND wait_event_type = 'Lock'";
    while value(transaction, waiting).await != "1" {
        sleep(Duration::from_millis(5)).await;
        // Within a transaction, Postgres keeps one snapshot of the other sessions until it is cleared.
        transaction.execute_unprepared("SELECT pg_stat_clear_snapshot()").await.unwrap();
    }
}

shared_or_not! {
    the_sweep_keeps_a_key_that_was_claimed_again_meanwhile,
    a_repeat_is_replayed_although_the_first_used_up_the_quota,
}

async fn the_sweep_keeps_a_key_that_was_claimed_again_meanwhile(database: TestDatabase) {
    let alice = alice().id;
    let add = format!(
        "INSERT INTO idempotency_keys (user_id, key, fingerprint, task_id, created_at) \
         VALUES ('{}', 'key', '\\x', gen_random_uuid(), 0)",
        alice.as_str()
    );
    database.connection().execute_unprepared(&add).await.unwrap();
    let create = database.connection().begin().await.unwrap();
    let now = FixedClock::default().now();
    let take = format!("UPDATE idempotency_keys SET created_at = {}", now.unix_milliseconds());
    create.execute_unprepared(&take).await.unwrap();

    let keys = database.keys();
    let sweep = tokio::spawn(async move { keys.forget_before(now).await });
    someone_waits(&create).await;
    create.commit().await.unwrap();

    assert_eq!(sweep.await.unwrap().unwrap(), 0);
    assert_eq!(value(database.connection(), "SELECT count(*)::text FROM idempotency_keys").await, "1");
}

async fn a_repeat_is_replayed_although_the_first_used_up_the_quota(database: TestDatabase) {
    let now = FixedClock::default().now();
    let options = CreateOptions {
        idempotency: Some(IdempotencyGuard { key: IdempotencyKey::try_from("key").unwrap(), since: now }),
        quota: Some(1),
    };
    let new = titled("Buy groceries");
    let (owner, ids) = (alice().id, SequentialIds::default());
    // The first create has claimed the key, and waits for the row of its user.
    let lock = database.connection().begin().await.unwrap();
    lock.execute_unprepared("SELECT 1 FROM \"user\" FOR UPDATE").await.unwrap();
    let settings = DatabaseSettings { statement_timeout: Duration::from_secs(30), ..database.settings() };
    let first = Database::connect(&settings).await.unwrap().tasks();
    let first = tokio::spawn({
        let (options, owner, id, new) = (options.clone(), owner.clone(), ids.next(now).into(), new.clone());
        async move { first.create(&owner, id, &new, &options, now).await }
    });
    someone_waits(&lock).await;

    // The repeat finds the key in use, without a task. Before it checks the quota, the first create ends.
    let meeting = Arc::new(Barrier::new(2));
    let connection = paused(by_seaorm(database.url()).await.sql(), 4, meeting.clone());
    let repeat = SeaOrmTasks::new(connection, database.layout());
    let id = ids.next(now).into();
    let (repeated, first) = tokio::join!(repeat.create(&owner, id, &new, &options, now), async {
        meeting.wait().await;
        lock.rollback().await.unwrap();
        let first = first.await.unwrap().unwrap();
        meeting.wait().await;
        first
    });

    assert!(
        matches!(&first, CreateOutcome::Created(created) if repeated.unwrap() == CreateOutcome::Replayed(created.clone()))
    );
}

/// A connection that waits at `meeting` twice before its `before`th statement.
fn paused(connection: Arc<dyn Connection>, before: usize, meeting: Arc<Barrier>) -> Arc<dyn Connection> {
    let count = AtomicUsize::new(0);
    Tapped::before_each(connection, move |statement| {
        let (number, meeting) = (count.fetch_add(1, Ordering::Relaxed) + 1, meeting.clone());
        async move {
            if number == before {
                meeting.wait().await;
                meeting.wait().await;
            }
            statement
        }
        .boxed()
    })
}
