//! The database as a whole.

use std::sync::Arc;

use pg_executor::{Connector, Settings};
use sea_orm::DatabaseConnection;

use crate::{
    Connection, ConnectionSharing, DatabaseStatistics, Layout, SeaOrmKeys, SeaOrmSessions, SeaOrmTasks, SeaOrmUsers,
    connect::{FileLock, Route},
    layout::Wanted,
    sql::ExecutorConnection,
};

/// The connections to one database. Clones share them.
#[derive(Debug, Clone)]
pub struct Database {
    /// Runs the statements of requests.
    pub(crate) connection: Arc<dyn Connection>,
    /// Runs migrations. On Postgres their statements have no time limit.
    pub(crate) pool: DatabaseConnection,
    /// Creates further executors, within the limits that they share. `None` with SeaORM's own connection.
    pub(crate) executor: Option<(Connector, Settings)>,
    /// Held while an SQLite file is in use.
    #[expect(dead_code, reason = "it is there to be dropped")]
    pub(crate) file_lock: Option<Arc<FileLock>>,
    /// `None` on SQLite.
    pub(crate) sharing: Option<ConnectionSharing>,
    /// Where the tables are.
    pub(crate) layout: Layout,
    /// Where the settings say they are.
    pub(crate) wanted: Wanted,
    /// How the connections of SeaORM reach Postgres.
    #[expect(dead_code, reason = "it is there to be dropped")]
    pub(crate) route: Option<Arc<Route>>,
}

impl Database {
    /// The connection that runs the statements of requests.
    #[must_use]
    pub fn sql(&self) -> Arc<dyn Connection> {
        Arc::clone(&self.connection)
    }

    /// Where the tables are.
    #[must_use]
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The tasks in this database.
    #[must_use]
    pub fn tasks(&self) -> SeaOrmTasks {
        SeaOrmTasks::new(self.sql(), &self.layout)
    }

    /// The idempotency keys in this database.
    #[must_use]
    pub fn keys(&self) -> SeaOrmKeys {
        SeaOrmKeys::new(self.sql(), &self.layout)
    }

    /// Better Auth's users in this database.
    #[must_use]
    pub fn users(&self) -> SeaOrmUsers {
        SeaOrmUsers::new(self.sql(), &self.layout)
    }

    /// The sessions that Better Auth keeps in this database.
    #[must_use]
    pub fn sessions(&self) -> SeaOrmSessions {
        SeaOrmSessions::new(self.sql(), &self.layout)
    }

    /// Splits this into one database for each of `workers` threads, each with its own share of the connections.
    ///
    /// There are never more databases than connections, and only one with SeaORM's own connection, which the threads share. So
    /// thread `n` uses database `n` modulo their number. Their statistics can be summed, and each must be closed.
    ///
    /// Closes the connections that requests have used so far. Each thread opens its own.
    pub async fn for_workers(self, workers: usize) -> Vec<Self> {
        let Some((connector, settings)) = &self.executor else { return vec![self] };
        self.connection.close().await;
        let connections = settings.max_connections;
        let workers = workers.clamp(1, connections);
        let part = |worker| {
            // The first databases get one connection more each if the division leaves a remainder.
            let max_connections = connections / workers + usize::from(worker < connections % workers);
            let settings = Settings { max_connections, ..*settings };
            let connection = Arc::new(ExecutorConnection::new(connector, &settings));
            Self { connection, executor: Some((connector.clone(), settings)), ..self.clone() }
        };
        (0..workers).map(part).collect()
    }

    /// Whether statements share connections and commits, and why. `None` on SQLite, where they never do.
    #[must_use]
    pub fn sharing(&self) -> Option<&ConnectionSharing> {
        self.sharing.as_ref()
    }

    /// The state of the connections, and counts since the start.
    #[must_use]
    pub fn statistics(&self) -> DatabaseStatistics {
        self.connection.statistics()
    }

    /// Closes idle connections now and the others when their statement ends. No new connections are opened.
    pub async fn close(&self) {
        self.connection.close().await;
        if let Err(error) = self.pool.close_by_ref().await {
            tracing::warn!(%error, "the connections to the database could not be closed");
        }
    }
}
