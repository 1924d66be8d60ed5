//! Statistics of the connections.

use std::iter::Sum;

/// The state of the connections to the database, and counts since the start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DatabaseStatistics {
    /// The maximum number of connections.
    pub max_connections: usize,
    /// How many connections are open.
    pub size: usize,
    /// How many of the open connections can take a statement now: idle connections, and the one that reads share.
    pub idle: usize,
    /// How many statements wait for a connection. Writes that will be committed together count as one.
    pub waiting: usize,
    /// How many statements failed because they got no connection in time.
    pub acquire_timeouts: u64,
    /// How many statements were retried after a serialization failure or a deadlock.
    pub retries: u64,
    /// How many reads were pipelined over a shared connection.
    pub pipelined: u64,
    /// How many writes were committed together with others.
    pub grouped: u64,
    /// How many writes were rolled back because another write of their group failed, and were then run alone.
    pub ungrouped: u64,
    /// How many statements the database rejected because of input that validation should have rejected.
    pub validation_gaps: u64,
}

impl Sum for DatabaseStatistics {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |sum, one| Self {
            max_connections: sum.max_connections + one.max_connections,
            size: sum.size + one.size,
            idle: sum.idle + one.idle,
            waiting: sum.waiting + one.waiting,
            acquire_timeouts: sum.acquire_timeouts + one.acquire_timeouts,
            retries: sum.retries + one.retries,
            pipelined: sum.pipelined + one.pipelined,
            grouped: sum.grouped + one.grouped,
            ungrouped: sum.ungrouped + one.ungrouped,
            validation_gaps: sum.validation_gaps + one.validation_gaps,
        })
    }
}

impl From<pg_executor::Statistics> for DatabaseStatistics {
    fn from(executor: pg_executor::Statistics) -> Self {
        Self {
            max_connections: executor.max_connections,
            size: executor.size,
            idle: executor.idle,
            waiting: executor.waiting,
            acquire_timeouts: executor.acquire_timeouts,
            retries: executor.retries,
            pipelined: executor.pipelined,
            grouped: executor.grouped,
            ungrouped: executor.ungrouped,
            validation_gaps: 0,
        }
    }
}
