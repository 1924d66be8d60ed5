//! Serving, from an open database to an orderly stop.

use std::{net::SocketAddr, sync::Arc};

use actix_web::HttpServer;
use anyhow::Context;
use domain::{Readiness, SessionStore, SystemClock, TaskService, UuidV7Ids};
use http::{Api, Authenticator, JwksVerifier};
use infra::Database;

use crate::{
    config::{Config, Stage},
    development,
    tokens::Verifiers,
};

/// Serves until the process is told to stop, and then until the requests in flight are answered.
///
/// # Errors
///
/// If the start fails: the database is out of reach or not up to date, or the address is taken.
pub(crate) async fn serve(config: Config) -> anyhow::Result<()> {
    let database = Database::connect(&config.database).await.context("DATABASE_URL")?;
    if config.migrates_on_start {
        for name in database.migrate_up().await? {
            tracing::info!(name, "applied a migration");
        }
    } else {
        database.check_schema().await?;
    }

    let sessions = if config.tokens.uses_sessions() { Some(sessions(&database).await?) } else { None };
    let Verifiers { authenticator, jwks } = config.tokens.verifiers(sessions)?;
    let api = api(&config, &database, authenticator, jwks.clone());
    if let Some(jwks) = jwks {
        actix_web::rt::spawn(async move { jwks.keep_fresh().await });
    }
    let server = HttpServer::new(move || http::app(&api))
        .workers(config.workers)
        .shutdown_timeout(config.shutdown_timeout.as_secs().max(1))
        // Longer than the idle time of the usual proxies, so that they, not we, close a connection they might be using.
        .keep_alive(std::time::Duration::from_secs(75))
        // Ours: the framework's own handling of SIGINT would cut off requests in flight.
        .disable_signals()
        .bind((config.host.as_str(), config.port))
        .with_context(|| format!("HOST, PORT: cannot listen on {}:{}", config.host, config.port))?;
    let addresses = server.addrs();
    let server = server.run();
    let (stopping, handle) = (stop_signal()?, server.handle());
    actix_web::rt::spawn(async move {
        stopping.await;
        tracing::info!("stopping: requests in flight are answered, new ones are not taken");
        handle.stop(true).await;
    });

    announce(&config, &addresses)?;
    server.await?;
    database.close().await;
    tracing::info!("stopped");
    Ok(())
}

/// Better Auth's sessions, once it is known that they can be read.
async fn sessions(database: &Database) -> anyhow::Result<Arc<dyn SessionStore>> {
    let sessions = database.sessions();
    sessions.session("").await.context("SESSION_TOKENS: Better Auth's table \"session\" cannot be read")?;
    Ok(Arc::new(sessions))
}

fn api(config: &Config, database: &Database, authenticator: Authenticator, jwks: Option<Arc<JwksVerifier>>) -> Api {
    let repository = Arc::new(database.tasks());
    let mut tasks = TaskService::new(repository.clone(), Arc::new(SystemClock), Arc::new(UuidV7Ids::default()));
    if config.provisions_users {
        tasks = tasks.provisioning(repository.clone());
    }
    let mut readiness: Vec<(&'static str, Arc<dyn Readiness>)> = vec![("database", repository)];
    if let Some(jwks) = jwks {
        readiness.push(("key set", jwks));
    }
    Api {
        tasks,
        authenticator: Arc::new(authenticator),
        readiness,
        cors_origins: config.cors_origins.clone(),
        body_timeout: config.body_timeout,
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
        println!("{}", development::greeting(&address, &database, &minter, config.provisions_users)?);
    }
    Ok(())
}

/// Completes on SIGTERM or SIGINT. From when this returns, neither ends the process by itself.
#[cfg(unix)]
fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut terminated = signal(SignalKind::terminate())?;
    let mut interrupted = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminated.recv() => {}
            _ = interrupted.recv() => {}
        }
    })
}

#[cfg(not(unix))]
fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}
