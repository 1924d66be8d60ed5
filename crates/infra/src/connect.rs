//! Opening the connections to a database.

mod driver;
mod pooler;
mod postgres;
mod sqlite;
mod tls;

use domain::BoxError;

use crate::{Database, DatabaseSettings, url::Target};

/// Why there is no connection: one line that names the database and the cause, and no password.
#[derive(Debug, thiserror::Error)]
#[error("cannot connect to {database}: {cause}")]
pub struct ConnectError {
    database: String,
    /// In the line already, and hence no `source`.
    cause: BoxError,
}

impl Database {
    /// Opens a connection, to know that there can be one. Further ones are opened when they are needed.
    ///
    /// SQLite: creates the file, and the directory it is in, if they do not exist. On Unix only its owner may read the file.
    ///
    /// # Errors
    ///
    /// If no connection is established in time.
    pub async fn connect(settings: &DatabaseSettings) -> Result<Self, ConnectError> {
        let database = match &settings.url.0 {
            Target::Postgres(url) => postgres::connect(url, settings).await,
            Target::Sqlite(url) => sqlite::connect(url, settings).await,
        };
        database.map_err(|cause| ConnectError { database: settings.url.to_string(), cause })
    }
}
