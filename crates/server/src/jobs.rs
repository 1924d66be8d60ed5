//! Background jobs, which run as long as the process.

use std::{sync::Arc, time::Duration};

use domain::{Clock, IdempotencyKeys, SystemClock, Timestamp};
use http::{JwksVerifier, Limits};

/// The interval for deleting expired idempotency keys. They have no effect and only use space.
const SWEEP_INTERVAL: Duration = Duration::from_mins(5);

/// Starts the jobs: refreshing the key set, forgetting users and addresses that the rate limits no longer need, and deleting
/// idempotency keys older than `key_lifetime`.
pub(crate) fn start(
    key_set: Option<Arc<JwksVerifier>>,
    limits: Arc<Limits>,
    keys: Arc<dyn IdempotencyKeys>,
    key_lifetime: Duration,
) {
    if let Some(key_set) = key_set {
        tokio::spawn(async move { key_set.keep_fresh().await });
    }
    tokio::spawn(async move { limits.keep_small().await });
    tokio::spawn(delete_expired_keys(keys, key_lifetime));
}

async fn delete_expired_keys(keys: Arc<dyn IdempotencyKeys>, lifetime: Duration) {
    let lifetime = i64::try_from(lifetime.as_millis()).unwrap_or(i64::MAX);
    loop {
        // Wait before the first deletion too, because at the start all replicas may be busy.
        tokio::time::sleep(SWEEP_INTERVAL).await;
        let oldest = SystemClock.now().unix_milliseconds().saturating_sub(lifetime);
        let Some(oldest) = Timestamp::from_unix_milliseconds(oldest) else { continue };
        match keys.forget_before(oldest).await {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "deleted expired idempotency keys"),
            Err(error) => tracing::warn!(%error, "expired idempotency keys could not be deleted"),
        }
    }
}
