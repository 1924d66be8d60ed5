//! The limits of an executor.

use std::time::Duration;

/// How many connections an [`Executor`](crate::Executor) may open, and how long it waits for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// How many connections this executor may have open, at least one. Where several executors serve one process, each has
    /// its own part of what Postgres allows.
    pub max_connections: usize,
    /// How long a statement waits for a connection. To open a connection may take twice as long; the statement that needed it
    /// fails before that, and the next one uses the connection.
    pub acquire_timeout: Duration,
    /// How long a statement, or a transaction of several, may take. Postgres itself should stop a statement after this time:
    /// set `statement_timeout` for it, in [`Config::options`](tokio_postgres::Config::options) or for the role. The executor
    /// waits 200 ms longer and then closes the connection.
    pub statement_timeout: Duration,
    /// A connection that was idle for this long is closed.
    pub idle_timeout: Duration,
    /// A connection that is older than this is replaced, so that connections move to the new server after a fail-over.
    pub max_lifetime: Duration,
    /// A statement that takes longer than this is logged as a warning, without its parameters.
    pub slow_statement: Duration,
}

impl Default for Settings {
    /// Sixteen connections, 1 s to get one, 1.5 s for a statement, closed after 4 minutes of idling (Neon and others cut a
    /// connection after 5) and after a quarter of an hour in any case. Half a second is slow.
    fn default() -> Self {
        Self {
            max_connections: 16,
            acquire_timeout: Duration::from_secs(1),
            statement_timeout: Duration::from_millis(1500),
            idle_timeout: Duration::from_mins(4),
            max_lifetime: Duration::from_mins(15),
            slow_statement: Duration::from_millis(500),
        }
    }
}
