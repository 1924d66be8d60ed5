//! Serving, from an open database to an orderly stop.

use std::{
    io::Write,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use actix_web::{HttpServer, dev::ServerHandle};
use anyhow::{Context, bail};
use domain::{Service, SessionStore, SystemClock, UuidV7Ids};
use http::{Api, Authenticator, Dependency, JwksVerifier, Lifecycle};
use infra::Database;
use tracing_appender::non_blocking::ErrorCounter;

use crate::{
    config::{Config, Stage},
    development,
    metrics::{self, Metrics, Sources},
    signals::StopSignals,
    sweep,
    tokens::Verifiers,
};

/// Serves until the process is told to stop, and then until the requests in flight are answered.
///
/// # Errors
///
/// If the start fails: the database is out of reach or not up to date, or the address is taken. If requests in flight were
/// cut off.
pub(crate) async fn serve(config: Config, dropped_lines: ErrorCounter) -> anyhow::Result<()> {
    let mut signals = StopSignals::new()?;
    let (database, sessions) = tokio::select! {
        ready = open(&config) => ready?,
        () = signals.next() => {
            tracing::info!("stopped before it served");
            return Ok(());
        }
    };
    let Verifiers { authenticator, jwks } = config.tokens.verifiers(sessions, &config.cors_origins)?;
    let lifecycle = Lifecycle::default();
    let api = api(&config, &database, authenticator, jwks.clone(), lifecycle.clone());
    let metrics = Metrics::new(Sources {
        http: api.metrics.clone(),
        limits: config.limits.clone(),
        database: database.clone(),
        key_set: jwks.clone(),
        readiness: api.readiness.clone(),
        dropped_lines,
    });
    if let Some(jwks) = jwks {
        tokio::spawn(async move { jwks.keep_fresh().await });
    }
    let limits = config.limits.clone();
    tokio::spawn(async move { limits.keep_small().await });
    let keys = Arc::new(database.tasks());
    tokio::spawn(sweep::forget_expired_keys(keys, config.idempotency_key_lifetime));
    let connections = database.clone();
    // Once on each of its threads.
    let make_app = move || {
        connections.claim_share();
        http::app(&api)
    };
    let server = HttpServer::new(make_app)
        .workers(config.workers)
        .shutdown_timeout(whole_seconds(config.shutdown_timeout))
        // Longer than the idle time of the usual proxies, so that they, not we, close a connection they might be using.
        .keep_alive(Duration::from_secs(75))
        // Ours: the framework's own handling of SIGINT would cut off requests in flight.
        .disable_signals()
        .bind((config.host.as_str(), config.port))
        .with_context(|| format!("HOST, PORT: cannot listen on {}:{}", config.host, config.port))?;
    let metrics = config.metrics.as_ref().map(|address| metrics::listen(address, metrics)).transpose()?;
    let metrics = metrics.map(|server| (server.handle(), tokio::spawn(server)));
    let addresses = server.addrs();
    let server = server.run();
    let stop = stop(signals, lifecycle, config.shutdown_delay, server.handle());

    announce(&config, &addresses)?;
    let ((), took) = tokio::try_join!(async { Ok(server.await?) }, stop)?;
    // Behind a broken network the good-bye of a connection is waited for in vain.
    if tokio::time::timeout(Duration::from_secs(1), database.close()).await.is_err() {
        tracing::warn!("connections to the database were dropped: it did not hear that they end");
    }
    // Last, so that the end can be watched too.
    if let Some((metrics, server)) = metrics {
        metrics.stop(true).await;
        server.await??;
    }
    if took.as_secs() >= whole_seconds(config.shutdown_timeout) {
        bail!("SHUTDOWN_TIMEOUT has passed: requests that were still in flight were cut off");
    }
    tracing::info!("stopped");
    Ok(())
}

fn whole_seconds(span: Duration) -> u64 {
    span.as_secs() + u64::from(span.subsec_nanos() > 0)
}

/// The database, up to date, and the sessions in it if they are used.
async fn open(config: &Config) -> anyhow::Result<(Database, Option<Arc<dyn SessionStore>>)> {
    let database = Database::connect(&config.database).await.context("DATABASE_URL")?;
    if config.migrates_on_start {
        for name in database.migrate_up().await? {
            tracing::info!(name, "applied a migration");
        }
    } else {
        database.check_schema().await?;
    }
    let sessions = if config.tokens.uses_sessions() { Some(sessions(&database).await?) } else { None };
    Ok((database, sessions))
}

/// Waits for a signal, serves on for a while without being ready, and then lets the server finish what it has begun. Returns
/// how long the finishing took. A further signal ends the delay.
///
/// # Errors
///
/// If a signal comes while requests finish: the server would wait for them all the same, so that the process has to end.
async fn stop(
    mut signals: StopSignals,
    lifecycle: Lifecycle,
    delay: Duration,
    server: ServerHandle,
) -> anyhow::Result<Duration> {
    signals.next().await;
    tracing::info!("stopping: not ready any more, and requests on their way are answered");
    lifecycle.begin_stopping();
    tokio::select! {
        () = tokio::time::sleep(delay) => {}
        () = signals.next() => {}
    }
    let begin = Instant::now();
    tokio::select! {
        () = server.stop(true) => Ok(begin.elapsed()),
        () = signals.next() => bail!("told to stop at once: requests that were still in flight were cut off"),
    }
}

/// Better Auth's sessions, once it is known that they can be read.
async fn sessions(database: &Database) -> anyhow::Result<Arc<dyn SessionStore>> {
    let sessions = database.sessions();
    sessions.session("").await.context("SESSION_TOKENS: Better Auth's table \"session\" cannot be read")?;
    Ok(Arc::new(sessions))
}

fn api(
    config: &Config,
    database: &Database,
    authenticator: Authenticator,
    jwks: Option<Arc<JwksVerifier>>,
    lifecycle: Lifecycle,
) -> Api {
    let repository = Arc::new(database.tasks());
    let mut tasks = Service::new(repository.clone(), Arc::new(SystemClock), Arc::new(UuidV7Ids::default()))
        .replaying_for(config.idempotency_key_lifetime);
    if let Some(quota) = config.max_tasks_per_user {
        tasks = tasks.with_quota(quota.get());
    }
    if config.provisions_users {
        tasks = tasks.provisioning(repository.clone());
    }
    let mut readiness: Vec<Dependency> = vec![("database", repository), ("migrations", Arc::new(database.schema()))];
    if let Some(jwks) = jwks.filter(|_| config.tokens.needs_key_set()) {
        readiness.push(("key_set", jwks));
    }
    Api {
        tasks,
        authenticator: Arc::new(authenticator),
        readiness,
        cors_origins: config.cors_origins.clone(),
        body_timeout: config.body_timeout,
        request_timeout: config.request_timeout,
        limits: config.limits.clone(),
        lifecycle,
        metrics: Arc::default(),
    }
}

fn announce(config: &Config, addresses: &[SocketAddr]) -> anyhow::Result<()> {
    for address in addresses {
        tracing::info!(%address, workers = config.workers, "listening");
    }
    if let (Stage::Development, Some(address), Some(minter)) =
        (config.stage, addresses.first(), config.tokens.minter()?)
    {
        let address = format!("http://{address}");
        let database = config.database.url.to_string();
        let greeting = development::greeting(&address, &database, &minter, config.provisions_users)?;
        // Nobody may be reading.
        let _ = writeln!(std::io::stdout(), "{greeting}");
    }
    Ok(())
}
