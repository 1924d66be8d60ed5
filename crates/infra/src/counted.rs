//! What passes through the pool of connections, in numbers.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use async_trait::async_trait;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, ExecResult, QueryResult, Statement};

use crate::error::{self, is_acquire_timeout, is_validation_gap};

/// How the database is doing. The counts began with the connection to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DatabaseStatistics {
    /// How many connections there may be.
    pub max_connections: u32,
    /// How many connections there are, those that are being opened included.
    pub size: u32,
    /// How many of them nobody uses.
    pub idle: u32,
    /// How many statements wait for a connection, or a few less: one that was just given back is asked whether it still
    /// works, and counts as used meanwhile.
    pub waiting: u64,
    /// How many statements were given up because no connection became free, or could be opened, in time.
    pub acquire_timeouts: u64,
    /// How many statements were refused for input that validation should have refused.
    pub validation_gaps: u64,
}

/// Counts that every clone of a [`Counted`] adds to.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    /// Statements that were asked for and are not done: they run, or wait for a connection.
    in_flight: AtomicU64,
    acquire_timeouts: AtomicU64,
    validation_gaps: AtomicU64,
}

/// A pool of connections, and a count of what passes through it.
#[derive(Debug, Clone)]
pub struct Counted {
    connection: DatabaseConnection,
    counters: Arc<Counters>,
}

impl Counted {
    pub(crate) fn new(connection: DatabaseConnection, counters: Arc<Counters>) -> Self {
        Self { connection, counters }
    }

    async fn count<T>(&self, statement: impl Future<Output = Result<T, DbErr>> + Send) -> Result<T, DbErr> {
        let _until_done = InFlight::begin(&self.counters);
        let outcome = statement.await;
        if let Err(error) = &outcome {
            self.counters.note(error);
        }
        outcome
    }
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

    pub(crate) fn statistics(&self, connection: &DatabaseConnection) -> DatabaseStatistics {
        let (max_connections, size, idle) = if connection.get_database_backend() == DbBackend::Postgres {
            let pool = connection.get_postgres_connection_pool();
            (pool.options().get_max_connections(), pool.size(), pool.num_idle())
        } else {
            let pool = connection.get_sqlite_connection_pool();
            (pool.options().get_max_connections(), pool.size(), pool.num_idle())
        };
        // The two are not read in one moment.
        let idle = u32::try_from(idle).unwrap_or(u32::MAX).min(size);
        DatabaseStatistics {
            max_connections,
            size,
            idle,
            waiting: self.in_flight.load(Relaxed).saturating_sub((size - idle).into()),
            acquire_timeouts: self.acquire_timeouts.load(Relaxed),
            validation_gaps: self.validation_gaps.load(Relaxed),
        }
    }
}

#[async_trait]
impl ConnectionTrait for Counted {
    fn get_database_backend(&self) -> DbBackend {
        self.connection.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.count(self.connection.execute_raw(statement)).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.count(self.connection.execute_unprepared(sql)).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.count(self.connection.query_one_raw(statement)).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.count(self.connection.query_all_raw(statement)).await
    }
}

#[cfg(test)]
mod tests;
