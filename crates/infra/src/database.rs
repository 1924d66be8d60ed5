//! The database as a whole.

use std::sync::Arc;

use sea_orm::DatabaseConnection;

use crate::{
    ConnectError, Counted, DatabaseSettings, DatabaseStatistics, SchemaReadiness, SeaOrmSessions, SeaOrmTasks, connect,
    counted::Counters,
};

/// A pool of connections to one database. Clones share it.
#[derive(Debug, Clone)]
pub struct Database {
    pub(crate) connection: DatabaseConnection,
    counters: Arc<Counters>,
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
        Ok(Self { connection: connect::connect(settings).await?, counters: Arc::default() })
    }

    /// The tasks and users in this database.
    #[must_use]
    pub fn tasks(&self) -> SeaOrmTasks<Counted> {
        SeaOrmTasks::new(self.counted())
    }

    /// The sessions that Better Auth keeps in this database.
    #[must_use]
    pub fn sessions(&self) -> SeaOrmSessions<Counted> {
        SeaOrmSessions::new(self.counted())
    }

    /// Tells whether the schema is the one that this program was written for.
    #[must_use]
    pub fn schema(&self) -> SchemaReadiness {
        SchemaReadiness::new(self.clone())
    }

    /// How the database is doing.
    #[must_use]
    pub fn statistics(&self) -> DatabaseStatistics {
        self.counters.statistics(&self.connection)
    }

    pub(crate) fn counted(&self) -> Counted {
        Counted::new(self.connection.clone(), self.counters.clone())
    }

    /// Closes all connections, after the statements that run on them; no further ones are opened.
    pub async fn close(&self) {
        if let Err(error) = self.connection.close_by_ref().await {
            tracing::warn!(%error, "the connections to the database could not be closed");
        }
    }
}
