//! Opens the connections to Postgres.

use std::{sync::Arc, time::Duration};

use pg_executor::{Connector, rustls::ClientConfig};
use sea_orm::{DatabaseConnection, DbBackend, SqlxPostgresConnector};
use sqlx::{
    Connection as _, PgConnection, Row as _,
    postgres::{PgConnectOptions, PgPoolOptions},
    raw_sql,
};
use tokio::{time::timeout, try_join};
use tracing::{info, warn};

use super::{
    driver::{SLOW, logged},
    encoding,
    failure::Failure,
    pooler, route, sharing, tls,
};
use crate::{
    ConnectionSharing, Database, DatabaseSettings, ExecutorKind, Layout,
    sql::{ExecutorConnection, SeaOrmConnection},
    url::{Mode, PostgresUrl},
};

/// How long one attempt may take, at most. A server that is suspended may take some seconds to wake up.
const ATTEMPT: Duration = Duration::from_secs(10);

/// Tries once, within `limit`.
pub(super) async fn connect(
    url: &PostgresUrl,
    settings: &DatabaseSettings,
    limit: Duration,
) -> Result<Database, Failure> {
    let limit = limit.min(ATTEMPT);
    let (connector, tls) = connector(url, limit).await?;
    let route = route::to(url, &connector, tls.as_ref())?;
    let options = route.set(logged(url.options.clone()));
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .min_connections(0)
        .acquire_timeout(limit)
        .idle_timeout(settings.idle_timeout);
    // Run concurrently, because with TLS connecting takes longer than the rest of the start. Unlike the pool, which retries until
    // its time limit, the other two report a failure at once.
    let pool = async { Ok(pool.connect_with(options.clone()).await?) };
    let two = async {
        let connected = timeout(limit, two(&options, settings.statement_timeout)).await;
        Ok::<_, Failure>(connected.map_err(|_elapsed| Failure::no_answer_within(limit))??)
    };
    let (pool, ((mut first, limited), mut second)) = try_join!(pool, two)?;
    let pool = SqlxPostgresConnector::from_sqlx_postgres_pool(pool);
    let asked = async {
        pooler::check(&mut first, &mut second).await?;
        encoding::check(&mut first).await?;
        report_limit(&mut first).await?;
        Ok::<_, Failure>(sharing::decide(settings.sharing, &mut first).await)
    };
    let unanswered = || Failure::passing("connected, but a statement was not answered");
    let limit = limit.max(Duration::from_secs(2)) * 2;
    let sharing = timeout(limit, asked).await.map_err(|_elapsed| unanswered())??;
    // The result does not matter: the connections are no longer needed.
    let _ = try_join!(first.close(), second.close());
    let route = Some(Arc::new(route));
    let (connection, executor, sharing): (Arc<dyn crate::Connection>, _, _) = match settings.executor {
        ExecutorKind::SeaOrm => {
            let connection = SeaOrmConnection::new(by_seaorm(limited, settings), route.clone());
            let sharing = ConnectionSharing { is_on: false, reason: "DATABASE_EXECUTOR is seaorm".to_owned() };
            (Arc::new(connection), None, sharing)
        }
        ExecutorKind::Pipelined => {
            let connector = Connector::to_one_of(url.configs(limited.get_options()), tls);
            let settings = executor_settings(settings, &sharing);
            (Arc::new(ExecutorConnection::new(&connector, &settings)), Some((connector, settings)), sharing)
        }
    };
    let layout = Layout::new(DbBackend::Postgres, settings.schema.clone());
    let (wanted, sharing) = (settings.into(), Some(sharing));
    Ok(Database { connection, pool, executor, route, layout, wanted, sharing, file_lock: None })
}

/// Returns a connector for the first way to secure the connection that succeeds, with this way, after opening one connection.
///
/// # Errors
///
/// If none succeeds: the error of the first one.
async fn connector(url: &PostgresUrl, limit: Duration) -> Result<(Connector, Option<ClientConfig>), Failure> {
    let configs = url.configs(url.options.get_options());
    let mut failure = None;
    for tls in tls::ways(url).map_err(Failure::lasting)? {
        let connector = Connector::to_one_of(configs.clone(), tls.clone());
        match connector.connect(limit).await {
            Ok(_connected) => return Ok((connector, tls)),
            Err(error) => failure = failure.or(Some(error)),
        }
    }
    let failure = failure.map(|error| match tls::in_words(&error, url) {
        Some(cause) => Failure::lasting(cause),
        None => Failure::of_executor(&error),
    });
    Err(failure.unwrap_or(Failure::no_answer_within(limit)))
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
pub(super) fn report(url: &PostgresUrl) {
    for ignored in &url.ignored {
        let name = &ignored.name;
        if let Some(reason) = ignored.reason {
            info!("DATABASE_URL: {name} is ignored: {reason}");
        } else {
            warn!(name, "DATABASE_URL: an unknown parameter is ignored");
        }
    }
    if url.tls.mode == Mode::Off && !url.is_local() {
        warn!("DATABASE_URL: sslmode=disable: passwords and tasks cross the network unencrypted");
    }
    if url.tls.is_unverified_by_choice {
        warn!(
            "DATABASE_URL: the server's certificate is not verified: whoever is in between can read and change everything"
        );
    }
}
