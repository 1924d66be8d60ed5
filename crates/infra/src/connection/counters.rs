//! What passes through the connections, in numbers.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use sea_orm::DbErr;

use crate::error::{self, is_acquire_timeout, is_validation_gap};

/// How the database is doing. The counts began with the connection to it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DatabaseStatistics {
    /// How many connections there may be.
    pub max_connections: usize,
    /// How many connections there are.
    pub size: usize,
    /// How many of them a statement can have at once: nobody uses them, or reads share them.
    pub idle: usize,
    /// How many statements wait for a connection, those as one that are going to share it.
    pub waiting: usize,
    /// How many statements were given up because no connection became free, or could be opened, in time.
    pub acquire_timeouts: u64,
    /// How many statements were run again because they had lost against another transaction.
    pub retries: u64,
    /// How many reads went over a connection that reads share.
    pub pipelined: u64,
    /// How many changes were committed together with others.
    pub grouped: u64,
    /// How many changes were taken back because one beside them was refused, and made anew alone.
    pub ungrouped: u64,
    /// How many statements were refused for input that validation should have refused.
    pub validation_gaps: u64,
}

/// Counts that every clone of a [`Connection`](super::Connection) adds to.
#[derive(Debug, Default)]
pub(super) struct Counters {
    /// Statements that were asked for and are not done: they run, or wait for a connection.
    in_flight: AtomicU64,
    acquire_timeouts: AtomicU64,
    validation_gaps: AtomicU64,
}

/// A statement that is not done. One that is abandoned is dropped, and so is this.
struct InFlight<'a>(&'a Counters);

impl<'a> InFlight<'a> {
    fn begin(counters: &'a Counters) -> Self {
        counters.in_flight.fetch_add(1, Relaxed);
        Self(counters)
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Relaxed);
    }
}

impl Counters {
    pub(super) async fn count<T>(&self, statement: impl Future<Output = Result<T, DbErr>> + Send) -> Result<T, DbErr> {
        let _until_done = InFlight::begin(self);
        let outcome = statement.await;
        if let Err(error) = &outcome {
            self.note(error);
        }
        outcome
    }

    fn note(&self, error: &DbErr) {
        if is_acquire_timeout(error) {
            self.acquire_timeouts.fetch_add(1, Relaxed);
        }
        if is_validation_gap(error) {
            self.validation_gaps.fetch_add(1, Relaxed);
            // Not what it said, which may show the input.
            let code = error::code(error);
            tracing::error!(code, "a gap in validation: the database refused what it should never have been sent");
        }
    }

    /// How many statements were asked for and are not done, for a pool that does not tell how many wait.
    pub(super) fn in_flight(&self) -> usize {
        usize::try_from(self.in_flight.load(Relaxed)).unwrap_or(usize::MAX)
    }

    /// Adds what was counted to what the connections tell of themselves.
    pub(super) fn complete(&self, statistics: DatabaseStatistics) -> DatabaseStatistics {
        DatabaseStatistics {
            acquire_timeouts: self.acquire_timeouts.load(Relaxed),
            validation_gaps: self.validation_gaps.load(Relaxed),
            ..statistics
        }
    }
}
