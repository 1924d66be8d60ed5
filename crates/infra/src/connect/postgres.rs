use std::time::Duration;

use domain::BoxError;
use sea_orm::SqlxPostgresConnector;
use sqlx::{
    Connection as _, PgConnection,
    postgres::{PgConnectOptions, PgPoolOptions, PgSslMode},
};
use tokio::time::timeout;
use tracing::{info, warn};

use super::{in_words, logged};
use crate::{
    Database, DatabaseSettings,
    connection::{Connector, Leases},
    url::PostgresUrl,
};

/// How long the start waits for a server that is starting too.
const START_LIMIT: Duration = Duration::from_secs(2);

pub(super) async fn connect(url: &PostgresUrl, settings: &DatabaseSettings) -> Result<Database, BoxError> {
    report(url);
    let options = logged(url.options.clone());
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .min_connections(0)
        .acquire_timeout(START_LIMIT)
        .idle_timeout(settings.idle_timeout);
    let pool = match pool.connect_with(options.clone()).await {
        Ok(pool) => pool,
        Err(sqlx::Error::PoolTimedOut) => return Err(diagnosis(&options).await),
        Err(error) => return Err(in_words(error)),
    };
    let options = limited(options, settings.statement_timeout).await.map_err(in_words)?;
    let leases = Leases::new(&Connector::new(options, settings), settings)?;
    Ok(Database { connection: leases.into(), pool: SqlxPostgresConnector::from_sqlx_postgres_pool(pool) })
}

/// Has Postgres stop statements that take too long, where it can be told at the start of a connection: not through a
/// PgBouncer, which refuses that, or leaves it out.
async fn limited(options: PgConnectOptions, limit: Duration) -> Result<PgConnectOptions, sqlx::Error> {
    /// A protocol violation: so PgBouncer calls what it does not know.
    const REFUSED: &str = "08P01";

    let limited = options.clone().options([("statement_timeout", limit.as_millis().to_string())]);
    let (mut connection, options) = match PgConnection::connect_with(&limited).await {
        Err(sqlx::Error::Database(said)) if said.code().as_deref() == Some(REFUSED) => {
            (PgConnection::connect_with(&options).await?, options)
        }
        connection => (connection?, limited),
    };
    let in_force: String =
        sqlx::query_scalar("SHOW statement_timeout").persistent(false).fetch_one(&mut connection).await?;
    if in_force == "0" {
        warn!(
            "DATABASE_STATEMENT_TIMEOUT does not get through the pooler: set it with ALTER ROLE … SET statement_timeout, \
             or statements that nobody waits for any more run on"
        );
    }
    connection.close().await?;
    Ok(options)
}

/// Tells what was made of the URL where it is not what it says.
fn report(url: &PostgresUrl) {
    for name in &url.ignored {
        if name == "channel_binding" {
            info!("DATABASE_URL: channel_binding is replaced by checking the server's certificate");
        } else {
            warn!(name, "DATABASE_URL: a parameter that is not known is ignored");
        }
    }
    if matches!(url.options.get_ssl_mode(), PgSslMode::Disable) && !url.is_local() {
        warn!("DATABASE_URL: sslmode=disable: passwords and tasks cross the network unencrypted");
    }
}

/// What keeps the pool from connecting: it tries again until its time is over and then only says that.
async fn diagnosis(options: &PgConnectOptions) -> BoxError {
    match timeout(START_LIMIT, PgConnection::connect_with(options)).await {
        Ok(Err(error)) => in_words(error),
        Ok(Ok(_)) | Err(_) => format!("no answer within {} ms", START_LIMIT.as_millis()).into(),
    }
}
