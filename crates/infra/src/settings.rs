//! Which database, and the limits of the connections to it.

use std::time::Duration;

use crate::DatabaseUrl;

/// Which database, and the limits of the connections to it.
#[derive(Debug, Clone)]
pub struct DatabaseSettings {
    /// Which database.
    pub url: DatabaseUrl,
    /// The most connections, at least one. Ignored for SQLite in memory, which is one connection.
    pub max_connections: u32,
    /// How long a statement waits for a connection before it fails.
    pub acquire_timeout: Duration,
    /// How long a statement may take before Postgres cancels it, and how long SQLite waits for another writer. Longer than
    /// `acquire_timeout`.
    pub statement_timeout: Duration,
    /// What runs statements on Postgres.
    pub executor: ExecutorKind,
    /// How long a connection may be idle before it is closed.
    pub idle_timeout: Duration,
    /// How old a connection may become before it is replaced, so that connections move to the new server after a fail-over.
    pub max_lifetime: Duration,
}

/// What runs statements on Postgres. On SQLite it is always SeaORM's own connection.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ExecutorKind {
    /// The executor: reads are pipelined, and concurrent writes are committed together.
    #[default]
    Pipelined,
    /// SeaORM's own connection: one statement at a time on each connection, and a commit for each write.
    SeaOrm,
}

impl DatabaseSettings {
    /// 36: 18 for each thread on a machine with two processors, so that some may wait for locks without holding up others, and
    /// 4 on a machine with eight. Two replicas, or one and its replacement, stay within Postgres' default limit of 100. Two
    /// that are both replaced at the same time need a lower limit here or a higher one there.
    pub const POSTGRES_CONNECTIONS: u32 = 36;

    /// 5: readers do not wait for the one writer. More gained nothing when measured, and each is a thread.
    pub const SQLITE_CONNECTIONS: u32 = 5;

    /// A second. A statement that gets no connection within that time would wait in vain for longer.
    pub const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(1);

    /// 1.5 seconds. Each statement touches a few rows of one user, by key. One that takes this long waits for a lock, or for
    /// a server that has vanished.
    pub const STATEMENT_TIMEOUT: Duration = Duration::from_millis(1500);

    /// Four minutes. Services that suspend idle databases, such as Neon, cut connections after five.
    pub const IDLE_TIMEOUT: Duration = Duration::from_mins(4);

    /// A quarter of an hour: soon enough after a fail-over, and rare enough to cost nothing.
    pub const MAX_LIFETIME: Duration = Duration::from_mins(15);

    /// The defaults for a database.
    #[must_use]
    pub fn new(url: DatabaseUrl) -> Self {
        let max_connections = if url.is_postgres() { Self::POSTGRES_CONNECTIONS } else { Self::SQLITE_CONNECTIONS };
        Self {
            url,
            max_connections,
            acquire_timeout: Self::ACQUIRE_TIMEOUT,
            statement_timeout: Self::STATEMENT_TIMEOUT,
            executor: ExecutorKind::default(),
            idle_timeout: Self::IDLE_TIMEOUT,
            max_lifetime: Self::MAX_LIFETIME,
        }
    }
}
