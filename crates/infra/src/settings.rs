//! How to reach the database, and for how long to try.

use std::time::Duration;

use crate::DatabaseUrl;

/// Which database, and the limits of the pool of connections to it.
#[derive(Debug, Clone)]
pub struct DatabaseSettings {
    /// Which database.
    pub url: DatabaseUrl,
    /// How many connections at most, and at least one. Ignored for SQLite in memory, which is one connection.
    pub max_connections: u32,
    /// How long a request waits for a connection before it is told that the database is out of reach.
    pub acquire_timeout: Duration,
    /// How long a statement may take before Postgres stops it, and how long SQLite waits for another writer. Longer than
    /// `acquire_timeout`.
    pub statement_timeout: Duration,
    /// What runs statements on Postgres.
    pub executor: ExecutorKind,
    /// How long a connection may be idle before it is closed.
    pub idle_timeout: Duration,
    /// How old a connection may be. Afterwards it is replaced, so that a pool moves on after a fail-over.
    pub max_lifetime: Duration,
}

/// What runs statements on Postgres. On SQLite it is always SeaORM's own connection.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ExecutorKind {
    /// The executor: pipelined reads, and writes that are committed together.
    #[default]
    Pipelined,
    /// SeaORM's own connection: one statement at a time on a connection, one commit for each write.
    SeaOrm,
}

impl DatabaseSettings {
    /// Thirty-six connections: eighteen for each thread of a machine with two processors, so that some that wait for locks leave
    /// enough to the others, and four for each of eight; and few enough for two replicas, or for one and the one that takes its
    /// place, within Postgres' usual limit of 100. Two that are replaced in turn need a lower limit here, or a higher one there.
    pub const POSTGRES_CONNECTIONS: u32 = 36;

    /// Five connections: readers do not wait for the one writer there can be. More of them gained nothing when measured,
    /// and each is a thread.
    pub const SQLITE_CONNECTIONS: u32 = 5;

    /// A second: who gets no connection within that would wait in vain for longer.
    pub const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(1);

    /// A second and a half: each statement touches a few rows of one user, by key. One that takes this long waits for a
    /// lock, or for a server that has vanished.
    pub const STATEMENT_TIMEOUT: Duration = Duration::from_millis(1500);

    /// Four minutes: services that stop unused databases, such as Neon, cut connections after five.
    pub const IDLE_TIMEOUT: Duration = Duration::from_mins(4);

    /// A quarter of an hour: soon enough after a fail-over, and seldom enough to cost nothing.
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
