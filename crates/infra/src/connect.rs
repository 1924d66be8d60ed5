//! Opening the connections to a database.

mod driver;
mod encoding;
mod file_lock;
mod pooler;
mod postgres;
mod sharing;
mod sqlite;
mod tls;

use domain::BoxError;

pub(crate) use self::file_lock::FileLock;

use crate::{Database, DatabaseSettings, url::Target};

/// A failure to connect: one line with the database and the cause, without the password.
#[derive(Debug, thiserror::Error)]
#[error("cannot connect to {database}: {cause}")]
pub struct ConnectError {
    database: String,
    /// Not a `source`, because the message already includes it.
    cause: BoxError,
}

impl Database {
    /// Opens one connection to check that the database can be reached. Further connections are opened on demand.
    ///
    /// SQLite: creates the file and its directory if they do not exist. On Unix only the file's owner may read it.
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
