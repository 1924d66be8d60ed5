use std::{io, time::Duration};

use domain::BoxError;
use sea_orm::{DatabaseConnection, SqlxPostgresConnector};
use sqlx::{
    Connection, PgConnection,
    postgres::{PgConnectOptions, PgPoolOptions, PgSslMode},
};
use tokio::time::timeout;
use tracing::{info, warn};

use super::{in_words, logged};
use crate::{DatabaseSettings, url::PostgresUrl};

/// A connection that was used this recently is taken to work.
const FRESH: Duration = Duration::from_secs(5);

/// How long a connection may take to answer a ping. Without a limit, peers that vanish without a word take the pool's
/// connections with them, one by one and for good.
const PING_LIMIT: Duration = Duration::from_millis(300);

pub(super) async fn connect(url: &PostgresUrl, settings: &DatabaseSettings) -> Result<DatabaseConnection, BoxError> {
    report(url);
    let options = logged(url.options.clone());
    let pool = PgPoolOptions::new()
        .max_connections(settings.max_connections.max(1))
        .min_connections(0)
        .acquire_timeout(settings.acquire_timeout)
        .idle_timeout(settings.idle_timeout)
        .max_lifetime(settings.max_lifetime)
        .test_before_acquire(false)
        .before_acquire(|connection, meta| {
            Box::pin(async move { if meta.idle_for < FRESH { Ok(true) } else { answers(connection).await } })
        })
        .after_release(|connection, _| Box::pin(answers(connection)));
    match pool.connect_with(options.clone()).await {
        Ok(pool) => Ok(SqlxPostgresConnector::from_sqlx_postgres_pool(pool)),
        Err(sqlx::Error::PoolTimedOut) => Err(diagnosis(&options, settings.acquire_timeout).await),
        Err(error) => Err(in_words(error)),
    }
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

/// Whether the peer answers a ping: `Ok(false)` has the connection closed politely, an error without waiting for anything.
async fn answers(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    match timeout(PING_LIMIT, connection.ping()).await {
        Ok(answer) => Ok(answer.is_ok()),
        Err(elapsed) => Err(io::Error::new(io::ErrorKind::TimedOut, elapsed).into()),
    }
}

/// What keeps the pool from connecting: it tries again until its time is over and then only says that.
async fn diagnosis(options: &PgConnectOptions, limit: Duration) -> BoxError {
    match timeout(limit, PgConnection::connect_with(options)).await {
        Ok(Err(error)) => in_words(error),
        Ok(Ok(_)) | Err(_) => format!("no answer within {} ms", limit.as_millis()).into(),
    }
}
