//! Forgetting what has expired.

use std::{sync::Arc, time::Duration};

use domain::{Clock, IdempotencyKeys, SystemClock, Timestamp};

/// How often is looked for keys that have expired. They are of no effect from then on anyway, and only take up room.
const EVERY: Duration = Duration::from_mins(5);

/// Forgets keys that are older than `lifetime`, for as long as the process runs.
pub(crate) async fn forget_expired_keys(keys: Arc<dyn IdempotencyKeys>, lifetime: Duration) {
    let lifetime = i64::try_from(lifetime.as_millis()).unwrap_or(i64::MAX);
    loop {
        // The first time later too: many replicas may be starting, and all of them are busy.
        tokio::time::sleep(EVERY).await;
        let oldest = SystemClock.now().unix_milliseconds().saturating_sub(lifetime);
        let Some(oldest) = Timestamp::from_unix_milliseconds(oldest) else { continue };
        match keys.forget_before(oldest).await {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "forgot idempotency keys that had expired"),
            Err(error) => tracing::warn!(%error, "idempotency keys that have expired could not be forgotten"),
        }
    }
}
