//! The database as a whole.

use std::sync::Arc;

use pg_executor::{Connector, Settings};
use sea_orm::DatabaseConnection;

use crate::{Connection, DatabaseStatistics, SeaOrmSessions, SeaOrmTasks, sql::ExecutorConnection};

/// The connections to one database. Clones share them.
#[derive(Debug, Clone)]
pub struct Database {
    /// Runs the statements of requests.
    pub(crate) connection: Arc<dyn Connection>,
    /// Runs migrations. On Postgres their statements have no time limit.
    pub(crate) pool: DatabaseConnection,
    /// Makes further executors, with the limits that they share. `None` over SeaORM's own connection.
    pub(crate) executor: Option<(Connector, Settings)>,
}

impl Database {
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

    /// One database for each of `workers` threads, each with its own part of the connections.
    ///
    /// There may be fewer: no more than connections, and only one over SeaORM's own connection, which threads share. So thread
    /// `n` uses the database `n` modulo their number. Their statistics can be summed, and each must be closed.
    #[must_use]
    pub fn for_workers(self, workers: usize) -> Vec<Self> {
        let Some((connector, settings)) = &self.executor else { return vec![self] };
        let connections = settings.max_connections;
        let workers = workers.clamp(1, connections);
        let part = |worker| {
            // The remainder goes to the first ones.
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
