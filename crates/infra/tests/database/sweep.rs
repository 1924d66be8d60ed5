//! Idempotency keys are forgotten after their time, and not before, whatever happens meanwhile.

use std::time::Duration;

use domain::{
    Clock, IdempotencyKeys,
    testing::{FixedClock, alice},
};
use infra::testing::TestDatabase;
use sea_orm::{ConnectionTrait, TransactionTrait};
use tokio::time::sleep;

use crate::connect::value;

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_taken_anew_while_the_sweep_waits_for_it_stays() {
    let Some(database) = TestDatabase::postgres().await else { return };
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

    let tasks = database.tasks();
    let sweep = tokio::spawn(async move { tasks.forget_before(now).await });
    let waiting = "SELECT count(*)::text FROM pg_stat_activity \
        WHERE datname = current_database() AND wait_event_type = 'Lock'";
    while value(&create, waiting).await != "1" {
        sleep(Duration::from_millis(5)).await;
        // What a transaction sees of others it sees for good, unless it forgets that.
        create.execute_unprepared("SELECT pg_stat_clear_snapshot()").await.unwrap();
    }
    create.commit().await.unwrap();

    assert_eq!(sweep.await.unwrap().unwrap(), 0);
    assert_eq!(value(database.connection(), "SELECT count(*)::text FROM idempotency_keys").await, "1");
}
