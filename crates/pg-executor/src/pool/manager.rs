//! Opens the connections of a pool, and decides which may be used again.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use deadpool::managed::{self, Metrics, RecycleError, RecycleResult};
use scopeguard::ScopeGuard;
use tokio::time::timeout;

use crate::{
    Connector, Error, Settings,
    connection::{Opening, PING_LIMIT, PgConnection},
    health::Health,
};

/// A connection that answered this recently is assumed to work.
pub(crate) const FRESH: Duration = Duration::from_secs(5);

pub(super) struct Manager {
    connector: Connector,
    settings: Settings,
    /// Connections whose caller stopped waiting while they were being opened. The next caller continues with one of them. If
    /// each caller started from the beginning, a server that takes longer to connect to than callers wait would never be
    /// reached.
    abandoned: Mutex<VecDeque<Opening>>,
}

/// A pool entry for one connection.
pub(super) struct Slot {
    /// `None` while a statement runs, and permanently if it did not end soon after its caller had stopped waiting.
    pub(super) connection: Option<PgConnection>,
    pub(super) answered: Instant,
}

impl Slot {
    fn new(connection: PgConnection) -> Self {
        Self { answered: connection.opened(), connection: Some(connection) }
    }

    fn is_fresh(&self) -> bool {
        self.answered.elapsed() < FRESH
    }

    /// Puts back a connection that has just answered.
    pub(super) fn put_back(&mut self, connection: PgConnection) {
        self.connection = Some(connection);
        self.answered = Instant::now();
    }

    pub(super) async fn close(self) {
        if let Some(connection) = self.connection {
            connection.close().await;
        }
    }
}

impl Manager {
    pub(super) fn new(connector: Connector, settings: Settings) -> Self {
        Self { connector, settings, abandoned: Mutex::default() }
    }

    pub(super) fn health(&self) -> &Health {
        self.connector.health()
    }

    pub(super) fn idle_timeout(&self) -> Duration {
        self.settings.idle_timeout
    }

    /// Closes abandoned connections that are open by now.
    pub(super) fn forget_finished(&self) {
        self.abandoned().retain(|opening| !opening.is_finished());
    }

    async fn opened(&self, opening: Opening) -> Result<Slot, Error> {
        let mut opening = scopeguard::guard(opening, |opening| self.abandoned().push_back(opening));
        let connection = (&mut *opening).await;
        ScopeGuard::into_inner(opening);
        let connection = connection.unwrap_or_else(|error| Err(Error::NoConnection(Arc::new(error))))?;
        Ok(Slot::new(connection))
    }

    fn abandoned(&self) -> MutexGuard<'_, VecDeque<Opening>> {
        self.abandoned.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl managed::Manager for Manager {
    type Type = Slot;
    type Error = Error;

    async fn create(&self) -> Result<Slot, Error> {
        loop {
            let abandoned = self.abandoned().pop_front();
            let Some(opening) = abandoned else {
                return self.opened(PgConnection::open(self.connector.clone(), &self.settings)).await;
            };
            let is_old_news = opening.is_finished();
            match self.opened(opening).await {
                Err(_) if is_old_news => {}
                Ok(slot) if self.health().is_dead(slot.answered) || !slot.is_fresh() => {}
                outcome => return outcome,
            }
        }
    }

    async fn recycle(&self, slot: &mut Slot, _: &Metrics) -> RecycleResult<Error> {
        if self.health().is_dead(slot.answered) {
            return Err(RecycleError::message("it has not answered since another connection turned out to be dead"));
        }
        let Some(connection) = &slot.connection else {
            return Err(RecycleError::message(
                "the caller of a statement on it stopped waiting, and it went on for too long",
            ));
        };
        if connection.is_closed() {
            self.health().report_death();
            return Err(RecycleError::message("the server has closed it"));
        }
        if connection.is_to_be_replaced(self.settings.max_lifetime) {
            return Err(RecycleError::message("it is old, or has left too many statements prepared"));
        }
        if slot.is_fresh() && !self.health().is_in_doubt(slot.answered) {
            return Ok(());
        }
        let answer = Box::pin(timeout(PING_LIMIT, connection.ping())).await;
        let answer = answer.unwrap_or_else(|_elapsed| Err(Error::no_answer_within(PING_LIMIT)));
        answer.inspect_err(|_dead| self.health().report_death()).map_err(RecycleError::Backend)
    }
}
