//! Statistics of an executor.

use std::iter::Sum;

/// The state of an [`Executor`](crate::Executor), and counts since it was created. The statistics of several executors can be
/// summed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Statistics {
    /// The maximum number of connections.
    pub max_connections: usize,
    /// The number of open connections.
    pub size: usize,
    /// How many connections can take a statement now: idle ones, and the pipelined one.
    pub idle: usize,
    /// How many statements wait for a connection. Writes that will share a transaction count as one.
    pub waiting: usize,
    /// How many statements failed because they got no connection in time.
    pub acquire_timeouts: u64,
    /// How many times a statement was retried after a serialization failure or a deadlock.
    pub retries: u64,
    /// How many reads were answered over the pipelined connection.
    pub pipelined: u64,
    /// How many writes were committed together with others.
    pub grouped: u64,
    /// How many writes were in a group that was rolled back, and were then run singly. Postgres refused a write of the group, or
    /// the group waited too long for a lock.
    pub ungrouped: u64,
}

impl Sum for Statistics {
    fn sum<I: Iterator<Item = Self>>(parts: I) -> Self {
        parts.fold(Self::default(), |sum, part| Self {
            max_connections: sum.max_connections + part.max_connections,
            size: sum.size + part.size,
            idle: sum.idle + part.idle,
            waiting: sum.waiting + part.waiting,
            acquire_timeouts: sum.acquire_timeouts + part.acquire_timeouts,
            retries: sum.retries + part.retries,
            pipelined: sum.pipelined + part.pipelined,
            grouped: sum.grouped + part.grouped,
            ungrouped: sum.ungrouped + part.ungrouped,
        })
    }
}
