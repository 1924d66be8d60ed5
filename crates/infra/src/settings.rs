//! Which database, and the limits of the connections to it.

use std::time::Duration;

use crate::{DatabaseUrl, TableName};

/// Which database, and the limits of the connections to it.
#[derive(Debug, Clone)]
pub struct DatabaseSettings {
    /// Which database.
    pub url: DatabaseUrl,
    /// The schema of this program's tables, on Postgres. `None`: the first of the search path.
    pub schema: Option<String>,
    /// Better Auth's table of users. `None`: the table to which the tasks refer; before the first migration `user` on the search
    /// path.
    pub user_table: Option<TableName>,
    /// The maximum number of connections, at least one. Ignored for SQLite in memory, which has one connection.
    pub max_connections: u32,
    /// How long connecting waits for a Postgres that is starting or cannot be reached. `None`: it does not wait.
    pub start_timeout: Option<Duration>,
    /// How long a statement waits for a connection before it fails.
    pub acquire_timeout: Duration,
    /// How long a statement may take before Postgres cancels it, and how long SQLite waits for another writer. Must be longer
    /// than `acquire_timeout`.
    pub statement_timeout: Duration,
    /// The implementation that runs statements on Postgres.
    pub executor: ExecutorKind,
    /// Whether statements share connections and commits on Postgres.
    pub sharing: Sharing,
    /// How long a connection may be idle before it is closed.
    pub idle_timeout: Duration,
    /// The maximum age of a connection. Older ones are replaced, so that connections move to the new server after a fail-over.
    pub max_lifetime: Duration,
}

/// The implementation that runs statements on Postgres. On SQLite it is always SeaORM's own connection.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ExecutorKind {
    /// The executor. Unless [`Sharing`] is off, reads are pipelined, and concurrent writes are committed together.
    #[default]
    Pipelined,
    /// SeaORM's own connection: one statement at a time on each connection, and a commit for each write.
    SeaOrm,
}

/// Whether statements share connections and commits on Postgres. With SeaORM's own connection they never do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Sharing {
    /// If the server is known to be a single Postgres.
    #[default]
    Auto,
    /// Concurrent reads share a connection, and concurrent writes a commit.
    On,
    /// Each statement has a connection and a commit of its own.
    Off,
}

/// Whether statements share connections and commits, as it was decided for a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionSharing {
    /// Whether they do.
    pub is_on: bool,
    /// Why, for the log.
    pub reason: String,
}

impl DatabaseSettings {
    /// 36: with two processors 18 for each thread, so that some can wait for locks without delaying others; with eight
    /// processors 4. Two replicas, or one and its replacement, stay within Postgres' default limit of 100. If two replicas are
    /// replaced at the same time, lower this limit or raise that of Postgres.
    pub const POSTGRES_CONNECTIONS: u32 = 36;

    /// 5: readers do not wait for the one writer. More were not faster when measured, and each is a thread.
    pub const SQLITE_CONNECTIONS: u32 = 5;

    /// One minute. A suspended database takes up to ten seconds to wake up; one that starts together with the service, a little
    /// longer.
    pub const START_TIMEOUT: Duration = Duration::from_mins(1);

    /// One second. A statement that has no connection by then is unlikely to get one soon.
    pub const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(1);

    /// 1.5 seconds. Each statement touches a few rows of one user, by key. A statement that takes this long is waiting for a
    /// lock or for a server that has vanished.
    pub const STATEMENT_TIMEOUT: Duration = Duration::from_millis(1500);

    /// Four minutes. Services that suspend idle databases, such as Neon, close connections after five.
    pub const IDLE_TIMEOUT: Duration = Duration::from_mins(4);

    /// 15 minutes: soon enough after a fail-over, and rare enough to cost nothing.
    pub const MAX_LIFETIME: Duration = Duration::from_mins(15);

    /// The defaults for a database. The schema is the one in the URL.
    #[must_use]
    pub fn new(url: DatabaseUrl) -> Self {
        let max_connections = if url.is_postgres() { Self::POSTGRES_CONNECTIONS } else { Self::SQLITE_CONNECTIONS };
        let schema = url.schema().map(str::to_owned);
        Self {
            url,
            schema,
            user_table: None,
            max_connections,
            start_timeout: Some(Self::START_TIMEOUT),
            acquire_timeout: Self::ACQUIRE_TIMEOUT,
            statement_timeout: Self::STATEMENT_TIMEOUT,
            executor: ExecutorKind::default(),
            sharing: Sharing::default(),
            idle_timeout: Self::IDLE_TIMEOUT,
            max_lifetime: Self::MAX_LIFETIME,
        }
    }
}
