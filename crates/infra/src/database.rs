//! The database as a whole.

use std::sync::Arc;

use pg_executor::{Connector, Settings};
use sea_orm::DatabaseConnection;

use crate::{
    ConnectError, Connection, DatabaseSettings, DatabaseStatistics, SchemaReadiness, SeaOrmSessions, SeaOrmTasks,
    connect, sql::ExecutorConnection,
};

/// The connections to one database. Clones share them.
#[derive(Debug, Clone)]
pub struct Database {
    /// Runs the statements of requests.
    pub(crate) connection: Arc<dyn Connection>,
    /// Runs migrations, whose statements may take long. On Postgres they have no time limit.
    pub(crate) pool: DatabaseConnection,
    /// To make further executors with, and how many connections they may share out. None where SeaORM's own connection is used.
    pub(crate) executor: Option<(Connector, Settings)>,
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

    /// What runs the statements of requests.
    #[must_use]
    pub fn sql(&self) -> Arc<dyn Connection> {
        Arc::clone(&self.connection)
    }

    /// The tasks and users in this database.
    #[must_use]
    pub fn tasks(&self) -> SeaOrmTasks {
        SeaOrmTasks::new(self.sql())
    }

    /// The sessions that Better Auth keeps in this database.
    #[must_use]
    pub fn sessions(&self) -> SeaOrmSessions {
        SeaOrmSessions::new(self.sql())
    }

    /// Tells whether the schema is the one that this program was written for.
    #[must_use]
    pub fn schema(&self) -> SchemaReadiness {
        SchemaReadiness::new(self.clone())
    }

    /// A database for each of `workers` threads, with its part of the connections, so that threads do not share them. Where all
    /// threads share the connections, as on SQLite, it is one for all; and never more than there may be connections.
    ///
    /// Each thread with a runtime of its own takes the next one, and begins again at the first when there are no more.
    #[must_use]
    pub fn for_workers(self, workers: usize) -> Vec<Self> {
        let Some((connector, settings)) = &self.executor else { return vec![self] };
        let connections = settings.max_connections;
        let workers = workers.clamp(1, connections);
        let part = |worker| {
            // What does not divide evenly goes to the first ones.
            let max_connections = connections / workers + usize::from(worker < connections % workers);
            let settings = Settings { max_connections, ..*settings };
            let connection = Arc::new(ExecutorConnection::new(connector, &settings));
            Self { connection, executor: Some((connector.clone(), settings)), pool: self.pool.clone() }
        };
        (0..workers).map(part).collect()
    }

    /// The state of the connections, and counts since the start.
    #[must_use]
    pub fn statistics(&self) -> DatabaseStatistics {
        self.connection.statistics()
    }

    /// Closes the connections that are idle, and the others when their statement ends. No further ones are opened.
    pub async fn close(&self) {
        self.connection.close().await;
        if let Err(error) = self.pool.close_by_ref().await {
            tracing::warn!(%error, "the connections to the database could not be closed");
        }
    }
}
