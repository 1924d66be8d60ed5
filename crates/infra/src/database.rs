//! The database as a whole.

use sea_orm::DatabaseConnection;

use crate::{ConnectError, DatabaseSettings, SeaOrmSessions, SeaOrmTasks, connect};

/// A pool of connections to one database. Clones share it.
#[derive(Debug, Clone)]
pub struct Database {
    pub(crate) connection: DatabaseConnection,
}

impl Database {
    /// Opens the pool and one connection, to know that there can be one.
    ///
    /// SQLite: makes the file, and the directory it is in, if they are not there yet. On Unix only its owner may read the
    /// file.
    ///
    /// # Errors
    ///
    /// If no connection comes about within the time limit to acquire one.
    pub async fn connect(settings: &DatabaseSettings) -> Result<Self, ConnectError> {
        Ok(Self { connection: connect::connect(settings).await? })
    }

    /// The tasks and users in this database.
    #[must_use]
    pub fn tasks(&self) -> SeaOrmTasks<DatabaseConnection> {
        SeaOrmTasks::new(self.connection.clone())
    }

    /// The sessions that Better Auth keeps in this database.
    #[must_use]
    pub fn sessions(&self) -> SeaOrmSessions<DatabaseConnection> {
        SeaOrmSessions::new(self.connection.clone())
    }

    /// Closes all connections, after the statements that run on them; no further ones are opened.
    pub async fn close(&self) {
        if let Err(error) = self.connection.close_by_ref().await {
            tracing::warn!(%error, "the connections to the database could not be closed");
        }
    }
}
