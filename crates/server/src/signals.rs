//! The signals that the process receives.

#[cfg(unix)]
use std::{future::poll_fn, task::Poll};

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The signals that stop the process: SIGTERM, SIGINT and SIGQUIT. Once this exists, no usual signal ends the process by itself.
/// Before, the first process of a container does not receive them.
#[cfg(unix)]
pub(crate) struct StopSignals(Vec<Signal>);

#[cfg(unix)]
impl StopSignals {
    pub(crate) fn new() -> std::io::Result<Self> {
        // Other programs reload or reopen something on these. There is nothing to reload here.
        for (name, kind) in [
            ("SIGHUP", SignalKind::hangup()),
            ("SIGUSR1", SignalKind::user_defined1()),
            ("SIGUSR2", SignalKind::user_defined2()),
        ] {
            let mut ignored = signal(kind)?;
            tokio::spawn(async move {
                while ignored.recv().await.is_some() {
                    tracing::info!("ignored {name}: SIGTERM stops the service");
                }
            });
        }
        let stops = [SignalKind::terminate(), SignalKind::interrupt(), SignalKind::quit()];
        stops.into_iter().map(signal).collect::<Result<_, _>>().map(Self)
    }

    /// Waits for the next of the signals.
    pub(crate) async fn next(&mut self) {
        poll_fn(|context| {
            let received = self.0.iter_mut().any(|signal| signal.poll_recv(context).is_ready());
            if received { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }
}

/// Ctrl-C, on systems without signals.
#[cfg(not(unix))]
pub(crate) struct StopSignals;

#[cfg(not(unix))]
impl StopSignals {
    #[expect(clippy::unnecessary_wraps, reason = "it can fail on Unix")]
    pub(crate) fn new() -> std::io::Result<Self> {
        Ok(Self)
    }

    pub(crate) async fn next(&mut self) {
        let _ = tokio::signal::ctrl_c().await;
    }
}
