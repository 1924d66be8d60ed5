//! Opens the connections to Postgres.

use std::{sync::Arc, time::Duration};

use domain::BoxError;
use pg_executor::Connector;
use sea_orm::{DatabaseConnection, DbBackend, SqlxPostgresConnector};
use sqlx::{
    Connection as _, PgConnection, Row as _,
    postgres::{PgConnectOptions, PgPoolOptions, PgSslMode},
    raw_sql,
};
use tokio::{join, time::timeout, try_join};
use tracing::{info, warn};

use super::{
    driver::{SLOW, in_words, logged},
    encoding, pooler, sharing, tls,
};
use crate::{
    ConnectionSharing, Database, DatabaseSettings, ExecutorKind, Layout,
    error::DatabaseError,
    sql::{ExecutorConnection, SeaOrmConnection},
    url::PostgresUrl,
};

/// How long startup waits for a server that may still be starting.
const START_LIMIT: Duration = Duration::from_secs(2);

pub(super) async fn connect(url: &PostgresUrl, settings: &DatabaseSettings) -> Result<Database, BoxError> {
    report(url);
    let options = logged(url.options.clone());
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .min_connections(0)
        .acquire_timeout(START_LIMIT)
        .idle_timeout(settings.idle_timeout);
    let two = || timeout(START_LIMIT, two(&options, settings.statement_timeout));
    // Run concurrently, because with TLS connecting takes longer than the rest of the start.
    let (pool, connected) = join!(pool.connect_with(options.clone()), two());
    let pool = match pool {
        Ok(pool) => pool,
        Err(sqlx::Error::PoolTimedOut) => return Err(diagnosis(&options).await),
        Err(error) => return Err(in_words(error)),
    };
    let ((mut first, limited), mut second) = match connected {
        Ok(Ok(connected)) => connected,
        // Unlike the pool, these do not wait for a server that is starting.
        Ok(Err(_)) | Err(_) => two().await.map_err(|_elapsed| no_answer())?.map_err(in_words)?,
    };
    let asked = async {
        pooler::check(&mut first, &mut second).await?;
        encoding::check(&mut first).await?;
        report_limit(&mut first).await.map_err(in_words)?;
        Ok::<_, BoxError>(sharing::decide(settings.sharing, &mut first).await)
    };
    let sharing =
        timeout(START_LIMIT * 2, asked).await.map_err(|_elapsed| "connected, but a statement was not answered")??;
    // The result does not matter: the connections are no longer needed.
    let _ = try_join!(first.close(), second.close());
    let pool = SqlxPostgresConnector::from_sqlx_postgres_pool(pool);
    let layout = Layout::new(DbBackend::Postgres, settings.schema.clone());
    let wanted = settings.into();
    if settings.executor == ExecutorKind::SeaOrm {
        let connection = Arc::new(SeaOrmConnection::new(by_seaorm(limited, settings)));
        let sharing = ConnectionSharing { is_on: false, reason: "DATABASE_EXECUTOR is seaorm".to_owned() };
        return Ok(Database {
            connection,
            pool,
            executor: None,
            layout,
            wanted,
            sharing: Some(sharing),
            file_lock: None,
        });
    }
    let executor = (connector(url, &limited).await?, executor_settings(settings, &sharing));
    let connection = Arc::new(ExecutorConnection::new(&executor.0, &executor.1));
    let executor = Some(executor);
    Ok(Database { connection, pool, executor, layout, wanted, sharing: Some(sharing), file_lock: None })
}

/// Returns a connector for the executor, after opening one connection as a check.
///
/// # Errors
///
/// If no way to secure the connection succeeds: the error of the first one.
async fn connector(url: &PostgresUrl, limited: &PgConnectOptions) -> Result<Connector, BoxError> {
    let config = url.config(limited.get_options());
    let mut failure = None;
    for tls in tls::ways(url)? {
        let connector = Connector::new(config.clone(), tls);
        match timeout(START_LIMIT, connector.connect()).await {
            Ok(Ok(_connection)) => return Ok(connector),
            Ok(Err(error)) => failure = failure.or(Some(DatabaseError::Executor(error).into())),
            Err(_elapsed) => failure = failure.or(Some(no_answer())),
        }
    }
    Err(failure.unwrap_or_else(no_answer))
}

fn executor_settings(settings: &DatabaseSettings, sharing: &ConnectionSharing) -> pg_executor::Settings {
    pg_executor::Settings {
        max_connections: usize::try_from(settings.max_connections.max(1)).unwrap_or(usize::MAX),
        share_connections: sharing.is_on,
        acquire_timeout: settings.acquire_timeout,
        statement_timeout: settings.statement_timeout,
        idle_timeout: settings.idle_timeout,
        max_lifetime: settings.max_lifetime,
        slow_statement: SLOW,
    }
}

/// SeaORM's own connection, a pool that opens connections on demand.
fn by_seaorm(options: PgConnectOptions, settings: &DatabaseSettings) -> DatabaseConnection {
    let pool = PgPoolOptions::new()
        .max_connections(settings.max_connections.max(1))
        .min_connections(0)
        .acquire_timeout(settings.acquire_timeout)
        .idle_timeout(settings.idle_timeout)
        .max_lifetime(settings.max_lifetime);
    SqlxPostgresConnector::from_sqlx_postgres_pool(pool.connect_lazy_with(options))
}

/// Opens two connections. The first has a statement timeout, if the server accepts one, and is returned with its options.
async fn two(
    options: &PgConnectOptions,
    limit: Duration,
) -> Result<((PgConnection, PgConnectOptions), PgConnection), sqlx::Error> {
    try_join!(limited(options, limit), PgConnection::connect_with(options))
}

/// Opens a connection with a statement timeout. If PgBouncer rejects or ignores the option, the connection has none.
async fn limited(options: &PgConnectOptions, limit: Duration) -> Result<(PgConnection, PgConnectOptions), sqlx::Error> {
    /// A protocol violation: PgBouncer's code for an option that it does not know.
    const REJECTED: &str = "08P01";

    let limited = options.clone().options([("statement_timeout", limit.as_millis().to_string())]);
    match PgConnection::connect_with(&limited).await {
        Err(sqlx::Error::Database(reported)) if reported.code().as_deref() == Some(REJECTED) => {
            Ok((PgConnection::connect_with(options).await?, options.clone()))
        }
        connection => Ok((connection?, limited)),
    }
}

async fn report_limit(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    // One message, because a pooler may switch to another server connection between two.
    let in_force: String = raw_sql("SHOW statement_timeout").fetch_one(connection).await?.try_get(0)?;
    if in_force == "0" {
        warn!(
            "DATABASE_STATEMENT_TIMEOUT is not passed on by the pooler: set it with ALTER ROLE … SET statement_timeout, \
             or abandoned statements keep running"
        );
    }
    Ok(())
}

/// Logs URL parameters that are ignored, replaced or unsafe.
fn report(url: &PostgresUrl) {
    for name in &url.ignored {
        if name == "channel_binding" {
            info!("DATABASE_URL: channel_binding is replaced by checking the server's certificate");
        } else {
            warn!(name, "DATABASE_URL: an unknown parameter is ignored");
        }
    }
    if matches!(url.options.get_ssl_mode(), PgSslMode::Disable) && !url.is_local() {
        warn!("DATABASE_URL: sslmode=disable: passwords and tasks cross the network unencrypted");
    }
}

/// The reason why the pool cannot connect. The pool itself retries until its time limit and then reports only a timeout.
async fn diagnosis(options: &PgConnectOptions) -> BoxError {
    match timeout(START_LIMIT, PgConnection::connect_with(options)).await {
        Ok(Err(error)) => in_words(error),
        Ok(Ok(_)) | Err(_) => no_answer(),
    }
}

fn no_answer() -> BoxError {
    format!("no answer within {} ms", START_LIMIT.as_millis()).into()
}
