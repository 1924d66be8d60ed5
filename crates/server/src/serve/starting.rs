//! Answers health checks while the database is not available yet.

use std::{pin::pin, time::Duration};

use actix_web::{HttpServer, dev::ServerHandle, http::KeepAlive};
use tokio::time::{sleep, timeout};

use super::listeners::Listeners;
use crate::config::{Config, Sessions};

/// How long opening the database usually takes, at most. Until then nobody needs an answer.
const USUAL: Duration = Duration::from_millis(500);

/// How long a connection that was accepted last may take to reach its handler.
const HAND_OVER: Duration = Duration::from_millis(200);

/// How long a connection that was accepted last may take to send its request, in seconds. Longer than the framework lets it.
const LAST_REQUEST: u64 = 6;

/// A server that is not ready.
pub(super) struct Starting(ServerHandle);

/// Waits for `opening`. If that takes long, serves an application that is not ready in the meantime, and still does on return.
///
/// # Errors
///
/// Those of `opening`; or if the sockets cannot be duplicated.
pub(super) async fn until<T>(
    opening: impl Future<Output = anyhow::Result<T>>,
    config: &Config,
    listeners: &Listeners,
) -> anyhow::Result<(T, Option<Starting>)> {
    let mut opening = pin!(opening);
    if let Ok(opened) = timeout(USUAL, &mut opening).await {
        return Ok((opened?, None));
    }
    let (public_path, origins) = (config.public_path.clone(), config.cors_origins.clone());
    let accepts_cookies = config.tokens.sessions == Sessions::Cookie;
    let server = HttpServer::new(move || http::starting_app(&public_path, &origins, accepts_cookies));
    // Each response closes its connection, so that none has to be closed when the application is ready.
    let server = server.workers(1).keep_alive(KeepAlive::Disabled).shutdown_timeout(LAST_REQUEST).disable_signals();
    let server = listeners.share()?.into_iter().try_fold(server, HttpServer::listen)?.run();
    let starting = Starting(server.handle());
    tokio::spawn(async move {
        if let Err(error) = server.await {
            tracing::error!(%error, "health checks are not answered while the database is not available");
        }
    });
    Ok((opening.await?, Some(starting)))
}

impl Starting {
    /// Accepts no more connections, and stops in the background. Loses none: those that were not accepted wait in their socket for
    /// the next server, and the others are answered.
    pub(super) async fn hand_over(self) {
        self.0.pause().await;
        tokio::spawn(async move {
            // When it stops, the server would drop connections that are on their way to the worker.
            sleep(HAND_OVER).await;
            self.0.stop(true).await;
        });
    }
}
