//! The database as a whole.

use sea_orm::DatabaseConnection;

use crate::{
    ConnectError, Connection, DatabaseSettings, DatabaseStatistics, SchemaReadiness, SeaOrmSessions, SeaOrmTasks,
    connect,
};

/// The connections to one database. Clones share them.
#[derive(Debug, Clone)]
pub struct Database {
    /// Where every request's statements run.
    pub(crate) connection: Connection,
    /// For transactions: those of migrations. On Postgres they know no time limit.
    pub(crate) pool: DatabaseConnection,
}

impl Database {
    /// Opens a connection, to know that there can be one. Further ones are opened when they are needed.
    ///
    /// SQLite: makes the file, and the directory it is in, if they are not there yet. On Unix only its owner may read the
    /// file.
    ///
    /// # Errors
    ///
    /// If no connection comes about in time.
    pub async fn connect(settings: &DatabaseSettings) -> Result<Self, ConnectError> {
        connect::connect(settings).await
    }

    /// The tasks and users in this database.
    #[must_use]
    pub fn tasks(&self) -> SeaOrmTasks<Connection> {
        SeaOrmTasks::new(self.connection.clone())
    }

    /// The sessions that Better Auth keeps in this database.
    #[must_use]
    pub fn sessions(&self) -> SeaOrmSessions<Connection> {
        SeaOrmSessions::new(self.connection.clone())
    }

    /// Tells whether the schema is the one that this program was written for.
    #[must_use]
    pub fn schema(&self) -> SchemaReadiness {
        SchemaReadiness::new(self.clone())
    }

    /// Gives this thread its share of the connections to Postgres, which nobody else uses then. To be called on each of the
    /// threads that serve; others make do with the share of the first.
    pub fn claim_share(&self) {
        self.connection.claim_share();
    }

    /// How the database is doing.
    #[must_use]
    pub fn statistics(&self) -> DatabaseStatistics {
        self.connection.statistics()
    }

    /// Closes all connections that no statement runs on, and those when theirs ends; no further ones are opened.
    pub async fn close(&self) {
        self.connection.close().await;
        if let Err(error) = self.pool.close_by_ref().await {
            tracing::warn!(%error, "the connections to the database could not be closed");
        }
    }
}
