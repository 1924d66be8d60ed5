//! The graceful stop.

use std::time::{Duration, Instant};

use actix_web::dev::ServerHandle;
use anyhow::bail;
use http::Lifecycle;

use crate::signals::StopSignals;

/// Waits for a signal, keeps serving for `delay` without being ready, and then lets the server finish the requests in flight.
/// Returns how long finishing them took. A second signal ends the delay.
///
/// # Errors
///
/// If a third signal arrives while requests finish. The server would still wait for them, so the process has to exit.
pub(super) async fn on_signal(
    mut signals: StopSignals,
    lifecycle: Lifecycle,
    delay: Duration,
    server: ServerHandle,
) -> anyhow::Result<Duration> {
    signals.next().await;
    tracing::info!("stopping: not ready any more, finishing the requests in flight");
    lifecycle.begin_stopping();
    tokio::select! {
        () = tokio::time::sleep(delay) => {}
        () = signals.next() => {}
    }
    let begin = Instant::now();
    tokio::select! {
        () = server.stop(true) => Ok(begin.elapsed()),
        () = signals.next() => bail!("stopped at once: requests that were still in flight were cut off"),
    }
}
