//! Serves: from opening the database to a graceful stop.

mod api;
mod connections;
mod greeting;
mod listeners;
mod starting;
mod stop;
mod workers;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use actix_web::dev::Server;
use anyhow::{Context, bail};
use domain::{Service, SessionStore};
use http::{Api, Connections, Lifecycle, ServerSettings};
use infra::{ConnectionSharing, Database, SeaOrmSessions};
use tokio::task::JoinSet;

use crate::{
    config::{Config, Stage},
    jobs,
    metrics::{self, Metrics, Sources},
    signals::StopSignals,
    telemetry::Log,
    verifiers::{Verifiers, secret_verifier},
};
use listeners::Listeners;
use workers::{PerWorker, Workers};

/// The time limit for closing database connections. Over a broken network, closing never ends.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// Serves until a signal stops the process, and then finishes the requests in flight.
///
/// # Errors
///
/// If the start fails, because the database is unreachable or not migrated, or the address is in use; or if requests in flight
/// were aborted.
pub(crate) async fn serve(config: &Config, log: &Log) -> anyhow::Result<()> {
    let mut signals = StopSignals::new()?;
    let listeners = Listeners::bind(&config.address).await?;
    let connections = Arc::new(connections::limits(config)?);
    let ((databases, sessions), starting) = tokio::select! {
        opened = starting::until(open(config), config, &listeners) => opened?,
        () = signals.next() => {
            tracing::info!("stopped before it served");
            return Ok(());
        }
    };
    let workers = Workers::default();
    let sessions =
        sessions.map(|values| -> Arc<dyn SessionStore> { Arc::new(PerWorker { values, workers: workers.clone() }) });
    let verifiers = Verifiers::new(&config.tokens, sessions, &config.cors_origins)?;
    let key_set = verifiers.jwks.clone();
    let services = PerWorker { values: api::services(config, &databases), workers };
    // Work outside of the workers uses the first worker's connections.
    let api = api::api(config, &databases[0], services.values[0].clone(), verifiers);
    let metrics = Metrics::new(Sources {
        http: api.metrics.clone(),
        limits: api.limits.clone(),
        connections: connections.clone(),
        databases: databases.clone(),
        key_set: key_set.clone(),
        readiness: api.readiness.clone(),
        dropped_lines: log.dropped_lines(),
    });
    jobs::start(key_set, api.limits.clone(), Arc::new(databases[0].keys()), config.idempotency_key_lifetime);
    let lifecycle = api.lifecycle.clone();
    let (server, addresses) = listen(config, services, api, connections, listeners)?;
    let metrics_server = config.metrics.as_ref().map(|address| metrics::listen(address, metrics)).transpose()?;
    if let Some(starting) = starting {
        starting.hand_over().await;
    }
    announce(config, &addresses, log)?;
    run(config, server, lifecycle, signals, databases, metrics_server).await
}

/// A database for each worker with an up-to-date schema, and its sessions if they are used.
async fn open(config: &Config) -> anyhow::Result<(Vec<Database>, Option<Vec<SeaOrmSessions>>)> {
    let database = Database::connect(&config.database).await.context("DATABASE_URL")?;
    match database.sharing() {
        Some(ConnectionSharing { is_on: true, reason }) => {
            tracing::info!(reason, "statements share connections and commits");
        }
        Some(ConnectionSharing { reason, .. }) => {
            tracing::info!(reason, "each statement has its own connection and commit");
        }
        None => {}
    }
    if config.migrates_on_start {
        for name in database.migrate_up().await? {
            tracing::info!(name, "applied a migration");
        }
    } else {
        database.check_schema().await?;
    }
    let mut database = database.with_layout().await?;
    if config.tokens.uses_sessions() {
        database = database.with_sessions().await.context("SESSION_TOKENS")?;
    }
    if config.provisions_users {
        database = database.with_provisioning().await.context("USER_PROVISIONING")?;
    }
    database.check_access().await?;
    database.warn_of_open_tables().await?;
    database.warn_of_unsharded_tables().await;
    let databases = database.for_workers(config.workers).await;
    let sessions = config.tokens.uses_sessions().then(|| databases.iter().map(Database::sessions).collect());
    Ok((databases, sessions))
}

/// The server, which starts as soon as it is polled, and its addresses.
fn listen(
    config: &Config,
    services: PerWorker<Service>,
    api: Api,
    connections: Arc<Connections>,
    listeners: Listeners,
) -> anyhow::Result<(Server, Vec<SocketAddr>)> {
    let services = Arc::new(services);
    let make_api = move || Api { service: services.mine().clone(), ..api.clone() };
    let settings = ServerSettings {
        workers: config.workers,
        keep_alive: config.keep_alive,
        shutdown_timeout: whole_seconds(config.shutdown_timeout),
        connections,
    };
    Ok(http::server(listeners.into_sockets(), &settings, make_api)?)
}

/// Logs the addresses. In development also prints how to send the first request.
fn announce(config: &Config, addresses: &[SocketAddr], log: &Log) -> anyhow::Result<()> {
    for address in addresses {
        tracing::info!(%address, workers = config.workers, "listening");
    }
    if let (Stage::Development, Some(address), Some(signer)) =
        (config.stage, addresses.first(), secret_verifier(&config.tokens)?)
    {
        let address = format!("http://{address}");
        let database = config.database.url.to_string();
        log.print(&greeting::greeting(&address, &database, &signer, config.provisions_users)?);
    }
    Ok(())
}

/// Serves until a signal arrives, and stops gracefully.
async fn run(
    config: &Config,
    server: Server,
    lifecycle: Lifecycle,
    signals: StopSignals,
    databases: Vec<Database>,
    metrics_server: Option<Server>,
) -> anyhow::Result<()> {
    let metrics_server = metrics_server.map(|server| (server.handle(), tokio::spawn(server)));
    let stop = stop::on_signal(signals, lifecycle, config.shutdown_delay, server.handle());
    let ((), took) = tokio::try_join!(async { Ok(server.await?) }, stop)?;
    let closing: JoinSet<()> = databases.into_iter().map(|database| async move { database.close().await }).collect();
    if tokio::time::timeout(CLOSE_TIMEOUT, closing.join_all()).await.is_err() {
        tracing::warn!("connections to the database were dropped: closing them took too long");
    }
    // The metrics stop last, so that the shutdown can be observed too.
    if let Some((handle, running)) = metrics_server {
        handle.stop(true).await;
        running.await??;
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
