//! The limits of an executor.

use std::time::Duration;

/// The number of connections of an [`Executor`](crate::Executor), and its timeouts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// The maximum number of open connections, at least one. If a process has several executors, they share Postgres'
    /// connection limit.
    pub max_connections: usize,
    /// Whether concurrent reads share a connection, and concurrent writes a transaction, which allows up to six times as many
    /// statements a second. If not, each statement and each batch has a connection and a commit of its own, so that none waits
    /// for another one. Turn it off where one transaction may reach several machines.
    pub share_connections: bool,
    /// How long a statement waits for a connection. Opening a connection may take twice as long: the statement that needed it
    /// then fails, and the next one uses the connection.
    pub acquire_timeout: Duration,
    /// How long a statement or a transaction may take. Postgres itself should cancel a statement after this time: set its
    /// `statement_timeout` in [`Config::options`](tokio_postgres::Config::options) or for the role. The executor waits 200 ms
    /// longer and then closes the connection.
    pub statement_timeout: Duration,
    /// A connection that has been idle for this long is closed.
    pub idle_timeout: Duration,
    /// A connection that is older than this is replaced, so that connections move to the new server after a fail-over.
    pub max_lifetime: Duration,
    /// A statement that takes longer than this is logged as a warning, without its parameters. So is a transaction: its first
    /// statement, and how many there are.
    pub slow_statement: Duration,
}

impl Default for Settings {
    /// 16 connections, which statements share, 1 s to get one, 1.5 s for a statement. Connections are closed after 4 idle
    /// minutes (Neon and others close them after 5) and after 15 minutes in any case. Statements are slow after 500 ms.
    fn default() -> Self {
        Self {
            max_connections: 16,
            share_connections: true,
            acquire_timeout: Duration::from_secs(1),
            statement_timeout: Duration::from_millis(1500),
            idle_timeout: Duration::from_mins(4),
            max_lifetime: Duration::from_mins(15),
            slow_statement: Duration::from_millis(500),
        }
    }
}
