//! A pool whose connections each run one statement or transaction at a time.

mod manager;

use std::{
    borrow::Borrow,
    pin::pin,
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use deadpool::managed::{self, Object, PoolError, QueueMode};
use futures_util::future::join_all;
use scopeguard::ScopeGuard;
use tokio::{
    runtime::Handle,
    time::{sleep, timeout},
};

use crate::{
    Answer, Connector, Error, Settings, Statement, Statistics,
    connection::{Begin, PgConnection},
};
use manager::{Manager, Slot};

pub(crate) use manager::FRESH;

/// How much longer than Postgres the executor waits for a statement. Postgres cancels a statement that takes too long, and the
/// connection stays usable. The executor closes the connection only if no answer arrives, or if the statements of a transaction
/// take too long in total.
const GRACE: Duration = Duration::from_millis(200);

/// When a statement takes longer than this, other connections are pinged before use.
const SOON: Duration = Duration::from_millis(100);

/// The maximum number of runs of a statement that loses races.
const ATTEMPTS: u32 = 4;

/// A pool of connections.
pub(crate) struct Pool {
    slots: managed::Pool<Manager>,
    acquire_timeout: Duration,
    statement_limit: Duration,
    /// The pause before the first retry.
    pause: Duration,
    retries: AtomicU64,
    acquire_timeouts: AtomicU64,
}

impl Pool {
    /// A pool of at most `size` connections, opened on demand. `pause` is the pause before the first retry. Executors with
    /// different pauses do not collide with each other again and again.
    pub(crate) fn new(connector: &Connector, settings: &Settings, size: usize, pause: Duration) -> Self {
        let manager = Manager::new(connector.clone(), *settings);
        // The most recently used connection is taken first, so that surplus connections stay idle and are closed.
        let slots = managed::Pool::builder(manager).max_size(size).queue_mode(QueueMode::Lifo).build();
        Self {
            slots: slots.unwrap_or_else(|error| unreachable!("only timeouts need more, and none is set: {error}")),
            acquire_timeout: settings.acquire_timeout,
            statement_limit: settings.statement_timeout + GRACE,
            pause,
            retries: AtomicU64::new(0),
            acquire_timeouts: AtomicU64::new(0),
        }
    }

    /// Runs a statement, and retries it if it loses a race. It is its own transaction, so a loser was rolled back.
    pub(crate) async fn run(&self, statement: &Statement) -> Result<Answer, Error> {
        let mut attempt = 1;
        loop {
            match self.run_once(statement).await {
                Err(error) if self.retries_after(&error, &mut attempt).await => {}
                outcome => return outcome,
            }
        }
    }

    /// Runs all statements or none, and retries them all if one loses a race.
    pub(crate) async fn run_batch(&self, statements: &[Statement]) -> Result<Vec<Answer>, Error> {
        let mut attempt = 1;
        loop {
            match self.run_transaction(Begin::Batch, statements).await {
                Err(error) if self.retries_after(&error, &mut attempt).await => {}
                outcome => return outcome,
            }
        }
    }

    async fn run_once(&self, statement: &Statement) -> Result<Answer, Error> {
        let (slot, connection) = self.acquire().await?;
        let lent = scopeguard::guard((slot, connection), |(slot, connection)| self.drain(slot, connection));
        let outcome = self.wait_for(lent.1.run(statement)).await;
        let (slot, connection) = ScopeGuard::into_inner(lent);
        self.release(slot, connection, &outcome);
        outcome
    }

    /// Puts a connection back when a statement has ended whose caller has stopped waiting. If it were closed at once, Postgres
    /// would go on all the same, and each caller who hangs up would cost a new connection.
    ///
    /// It is closed if that takes longer than half the time that others wait for a connection: then they still get one if the peer
    /// has vanished.
    fn drain(&self, mut slot: Object<Manager>, connection: PgConnection) {
        // Without a runtime, nothing can be awaited, and the connection is closed.
        let Ok(runtime) = Handle::try_current() else { return };
        let limit = self.statement_limit.min(self.acquire_timeout / 2);
        runtime.spawn(async move {
            if let Ok(Ok(())) = timeout(limit, connection.ping()).await {
                slot.put_back(connection);
            }
        });
    }

    /// Runs all statements or none, once.
    pub(crate) async fn run_transaction<S>(&self, begin: Begin, statements: &[S]) -> Result<Vec<Answer>, Error>
    where
        S: Borrow<Statement> + Sync,
    {
        let (slot, connection) = self.acquire().await?;
        let outcome = self.wait_for(connection.run_transaction(begin, statements)).await;
        self.release(slot, connection, &outcome);
        outcome
    }

    /// Takes a connection out of its slot. It is put back only when its statement has ended. If the caller of a transaction stops
    /// waiting before, the connection is closed.
    async fn acquire(&self) -> Result<(Object<Manager>, PgConnection), Error> {
        match timeout(self.acquire_timeout, self.slots.get()).await {
            Ok(Ok(mut slot)) => {
                let connection = slot.connection.take().ok_or(Error::Closed)?;
                Ok((slot, connection))
            }
            Ok(Err(PoolError::Backend(error))) => Err(error),
            Ok(Err(PoolError::Closed)) => Err(Error::Closed),
            Ok(Err(_)) | Err(_) => {
                self.acquire_timeouts.fetch_add(1, Ordering::Relaxed);
                Err(Error::no_connection_within(self.acquire_timeout))
            }
        }
    }

    fn release<T>(&self, mut slot: Object<Manager>, connection: PgConnection, outcome: &Result<T, Error>) {
        match outcome {
            Err(error) if !error.leaves_connection_usable() => {
                if error.is_death() {
                    self.slots.manager().health().report_death();
                }
            }
            _ => slot.put_back(connection),
        }
    }

    /// Waits for the answer to a statement.
    async fn wait_for<T>(&self, answer: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        let (sent, limit) = (Instant::now(), self.statement_limit);
        let mut answer = pin!(answer);
        if let Ok(answer) = timeout(SOON.min(limit), &mut answer).await {
            return answer;
        }
        self.slots.manager().health().report_doubt(sent);
        let answer = timeout(limit.saturating_sub(SOON), answer).await;
        answer.unwrap_or_else(|_elapsed| Err(Error::no_answer_within(limit)))
    }

    /// Whether to retry after this error. If so, it waits first, longer after each attempt.
    async fn retries_after(&self, error: &Error, attempt: &mut u32) -> bool {
        let retries = error.is_lost_race() && *attempt < ATTEMPTS;
        if retries {
            self.retries.fetch_add(1, Ordering::Relaxed);
            sleep(self.pause * 3_u32.pow(*attempt - 1)).await;
            *attempt += 1;
        }
        retries
    }

    pub(crate) fn max_connections(&self) -> usize {
        self.slots.status().max_size
    }

    pub(crate) fn acquire_timeout(&self) -> Duration {
        self.acquire_timeout
    }

    pub(crate) fn statistics(&self) -> Statistics {
        let slots = self.slots.status();
        Statistics {
            max_connections: slots.max_size,
            size: slots.size,
            idle: slots.available,
            waiting: slots.waiting,
            acquire_timeouts: self.acquire_timeouts.load(Ordering::Relaxed),
            retries: self.retries.load(Ordering::Relaxed),
            ..Default::default()
        }
    }

    /// Closes connections that have been idle for too long.
    pub(crate) async fn close_idle(&self) {
        self.slots.manager().forget_finished();
        let idle_timeout = self.slots.manager().idle_timeout();
        let idle = self.slots.retain(|slot, _| slot.answered.elapsed() < idle_timeout).removed;
        join_all(idle.into_iter().map(Slot::close)).await;
    }

    /// Stops handing out connections, and closes the idle ones.
    pub(crate) async fn close(&self) {
        let idle = self.slots.retain(|_, _| false).removed;
        self.slots.close();
        join_all(idle.into_iter().map(Slot::close)).await;
    }
}
