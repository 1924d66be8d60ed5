//! Opening a pool of connections.
//!
//! SeaORM's own `connect` puts the URL with its password into errors and traces, so the pool is built here and handed over.

mod pooler;
mod postgres;
mod sqlite;
mod tls;

use std::{sync::Arc, time::Duration};

use domain::BoxError;
use log::LevelFilter;

use sqlx::ConnectOptions;

use crate::{Database, DatabaseSettings, sql::SeaOrmConnection, url::Target};

/// Why there is no connection: one line that names the database and the cause, and no password.
#[derive(Debug, thiserror::Error)]
#[error("cannot connect to {database}: {cause}")]
pub struct ConnectError {
    database: String,
    /// In the line already, and hence no `source`.
    cause: BoxError,
}

pub(crate) async fn connect(settings: &DatabaseSettings) -> Result<Database, ConnectError> {
    let database = match &settings.url.0 {
        Target::Postgres(url) => postgres::connect(url, settings).await,
        Target::Sqlite(url) => sqlite::connect(url, settings).await.map(|pool| Database {
            connection: Arc::new(SeaOrmConnection::new(pool.clone())),
            pool,
            executor: None,
        }),
    };
    database.map_err(|cause| ConnectError { database: settings.url.to_string(), cause })
}

/// A cause in few words.
fn in_words(error: sqlx::Error) -> BoxError {
    match error {
        sqlx::Error::Database(said) => said.message().to_owned().into(),
        sqlx::Error::Io(cause) => cause.into(),
        sqlx::Error::Tls(cause) => {
            format!("TLS: {cause} (a server on another machine must prove who it is, unless sslmode says otherwise)")
                .into()
        }
        other => other.into(),
    }
}

/// A statement that takes longer than this is worth a warning.
pub(crate) const SLOW: Duration = Duration::from_millis(500);

/// Logs statements, which show placeholders where values stand: all for debugging, slow ones as a warning.
fn logged<O: ConnectOptions>(options: O) -> O {
    options.log_statements(LevelFilter::Debug).log_slow_statements(LevelFilter::Warn, SLOW)
}
