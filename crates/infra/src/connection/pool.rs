//! Connections of one driver that belong to one thread, and how a statement runs on one of them.

use std::{
    io,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use deadpool::managed::{self, BuildError, Object, PoolError, QueueMode};
use futures_util::future::join_all;
use sea_orm::{ConnAcquireErr, DbErr, RuntimeErr};
use tokio::time::{sleep, timeout};

use super::{
    connector::{Connector, Slot, Source},
    counters::DatabaseStatistics,
    thread,
};
use crate::{
    DatabaseSettings,
    error::{is_lost_against_another, is_read_only, leaves_connection_usable},
};

/// How much longer than Postgres the caller waits for the end of a statement: Postgres stops one that takes too long, and
/// the connection goes on. Only where nothing is heard of it, or where several together take too long, is the connection given
/// up.
const GRACE: Duration = Duration::from_millis(200);

/// How soon most statements are answered. Where one is not, other connections may be dead.
const SOON: Duration = Duration::from_millis(100);

/// How often a statement is run that loses against another transaction.
const ATTEMPTS: u32 = 4;

/// Something to run on a connection, as often as need be.
pub(super) trait Run: Sync {
    type Source: Source;
    type Output: Send;

    fn run_on(
        &self,
        connection: &mut <Self::Source as Source>::Connection,
    ) -> impl Future<Output = Result<Self::Output, sqlx::Error>> + Send;
}

/// Connections of one driver, for one thread.
pub(super) struct Pool<S: Source> {
    slots: managed::Pool<Connector<S>>,
    acquire_timeout: Duration,
    statement_limit: Duration,
    retries: Arc<AtomicU64>,
}

impl<S: Source> Pool<S> {
    /// None is opened before it is needed.
    pub(super) fn new(connector: &Connector<S>, size: usize, settings: &DatabaseSettings) -> Result<Self, BuildError> {
        let connector = connector.for_another_share();
        // The one that was used last comes first, so that those there is no need of grow idle and are closed.
        let slots = managed::Pool::builder(connector).max_size(size).queue_mode(QueueMode::Lifo).build()?;
        tokio::spawn(slots.manager().clone().close_unused(slots.weak()));
        Ok(Self {
            slots,
            acquire_timeout: settings.acquire_timeout,
            statement_limit: settings.statement_timeout + GRACE,
            retries: Arc::default(),
        })
    }

    /// Runs a statement, and again if it lost against another transaction. It must be a transaction of its own, so that if it
    /// lost it has done nothing.
    pub(super) async fn run<R: Run<Source = S>>(&self, statement: &R) -> Result<R::Output, Failure> {
        let mut attempt = 1;
        loop {
            match self.run_once(statement).await {
                Err(Failure::Statement(error)) if attempt < ATTEMPTS && is_lost_against_another(&error) => {
                    self.retries.fetch_add(1, Ordering::Relaxed);
                    sleep(pause_after(attempt)).await;
                    attempt += 1;
                }
                outcome => return outcome,
            }
        }
    }

    /// Takes the connection out of its slot while the statement runs, and puts it back only if the statement came to an
    /// end: if that is not waited for, because the caller has gone, the connection goes with it.
    pub(super) async fn run_once<R: Run<Source = S>>(&self, statement: &R) -> Result<R::Output, Failure> {
        let mut slot = self.lease().await.map_err(Failure::Lease)?;
        let Some(mut connection) = slot.connection.take() else {
            return Err(Failure::Lease(DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed)));
        };
        let outcome = self.answer(statement.run_on(&mut connection)).await;
        match &outcome {
            // Dropped: the next session may take writes again. Those that only read need not notice.
            Err(error) if is_read_only(error) => {}
            Err(error) if !leaves_connection_usable(error) => self.slots.manager().report_death(),
            _ => slot.put_back(connection),
        }
        outcome.map_err(Failure::Statement)
    }

    /// Waits for the answer to a statement that is being sent.
    async fn answer<T>(&self, answer: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, sqlx::Error> {
        let (sent, limit) = (Instant::now(), self.statement_limit);
        let mut answer = pin!(answer);
        if let Ok(answer) = timeout(SOON.min(limit), &mut answer).await {
            return answer;
        }
        self.slots.manager().report_doubt(sent);
        timeout(limit.saturating_sub(SOON), answer).await.unwrap_or_else(|_elapsed| Err(no_answer(limit)))
    }

    async fn lease(&self) -> Result<Object<Connector<S>>, DbErr> {
        match timeout(self.acquire_timeout, self.slots.get()).await {
            Ok(Ok(slot)) => Ok(slot),
            Ok(Err(PoolError::Backend(error))) => Err(DbErr::Conn(RuntimeErr::SqlxError(error.into()))),
            Ok(Err(PoolError::Closed)) => Err(DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed)),
            Ok(Err(_)) | Err(_) => Err(DbErr::ConnectionAcquire(ConnAcquireErr::Timeout)),
        }
    }

    pub(super) fn statistics(&self) -> DatabaseStatistics {
        let slots = self.slots.status();
        DatabaseStatistics {
            max_connections: slots.max_size,
            size: slots.size,
            idle: slots.available,
            waiting: slots.waiting,
            retries: self.retries.load(Ordering::Relaxed),
            ..Default::default()
        }
    }

    /// Lets nobody have a connection any more, and closes those that nobody has.
    pub(super) async fn close(&self) {
        let unused = self.slots.retain(|_, _| false).removed;
        self.slots.close();
        join_all(unused.into_iter().map(Slot::close)).await;
    }
}

/// Why a statement has come to nothing.
pub(super) enum Failure {
    /// There was no connection to be had.
    Lease(DbErr),
    /// The statement failed.
    Statement(sqlx::Error),
}

impl Failure {
    pub(super) fn during(self, wrap: fn(RuntimeErr) -> DbErr) -> DbErr {
        match self {
            Self::Lease(error) => error,
            Self::Statement(error) => wrap(RuntimeErr::SqlxError(error.into())),
        }
    }
}

fn no_answer(limit: Duration) -> sqlx::Error {
    let message = format!("Postgres did not answer within {} ms", limit.as_millis());
    io::Error::new(io::ErrorKind::TimedOut, message).into()
}

/// Some milliseconds, more after each attempt. Those who lost against each other must not meet again, so each thread
/// waits for a time of its own.
fn pause_after(attempt: u32) -> Duration {
    let apart = u64::try_from(thread::number().unwrap_or(0) % 8).unwrap_or(0);
    Duration::from_millis(apart + 1) * 3_u32.pow(attempt)
}
