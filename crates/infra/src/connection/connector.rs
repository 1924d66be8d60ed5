//! Opens connections to Postgres, and decides which may be used again.

use std::{
    collections::VecDeque,
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use deadpool::managed::{Manager, Metrics, RecycleError, RecycleResult, WeakPool};
use scopeguard::ScopeGuard;
use sqlx::{Connection, PgConnection, postgres::PgConnectOptions};
use tokio::{
    runtime::Handle,
    task::{JoinHandle, spawn_blocking},
    time::{interval, timeout},
};

use super::{
    opener::Opener,
    session::{Session, driver_error},
};
use crate::DatabaseSettings;

/// A connection that was used this recently is taken to work.
pub(super) const FRESH: Duration = Duration::from_secs(5);

/// How long a connection may take to answer a ping. Without a limit, peers that vanish without a word take the
/// connections with them, one by one and for good.
pub(super) const PING_LIMIT: Duration = Duration::from_millis(300);

/// Where connections come from: one of the two drivers, with all that it must know.
pub(crate) trait Source: Clone + Send + Sync + 'static {
    /// A connection of this driver.
    type Connection: Send + 'static;

    fn open(&self) -> impl Future<Output = Result<Self::Connection, sqlx::Error>> + Send;

    /// Whether it is known, without asking, that a connection cannot be used again.
    fn is_spent(_connection: &Self::Connection) -> bool {
        false
    }

    fn ping(connection: &mut Self::Connection) -> impl Future<Output = Result<(), sqlx::Error>> + Send;

    /// Says good-bye.
    fn close(connection: Self::Connection) -> impl Future<Output = ()> + Send;
}

impl Source for PgConnectOptions {
    type Connection = PgConnection;

    async fn open(&self) -> Result<PgConnection, sqlx::Error> {
        PgConnection::connect_with(self).await
    }

    async fn ping(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        connection.ping().await
    }

    async fn close(connection: PgConnection) {
        // If that fails it is closed all the same.
        let _ = connection.close().await;
    }
}

impl Source for Opener {
    type Connection = Session;

    async fn open(&self) -> Result<Session, sqlx::Error> {
        let (client, driver) =
            self.connect().await.map_err(|error| match error.downcast::<tokio_postgres::Error>() {
                Ok(error) => driver_error(&error),
                Err(error) => io::Error::other(error).into(),
            })?;
        Ok(Session::new(client, driver))
    }

    fn is_spent(session: &Session) -> bool {
        session.is_spent()
    }

    async fn ping(session: &mut Session) -> Result<(), sqlx::Error> {
        session.ping().await
    }

    async fn close(session: Session) {
        session.close().await;
    }
}

/// A connection on its way.
type Opening<S> = JoinHandle<Result<Slot<S>, sqlx::Error>>;

/// Opens connections to Postgres. Clones share what they learn about them.
#[derive(Clone)]
pub(crate) struct Connector<S: Source> {
    source: S,
    /// How long it may take to open a connection: twice as long as anyone waits for one.
    opening_limit: Duration,
    idle_timeout: Duration,
    max_lifetime: Duration,
    /// When a connection last turned out to be dead.
    last_death: Arc<Mutex<Option<Instant>>>,
    /// When a statement was sent that was not answered soon.
    last_doubt: Arc<Mutex<Option<Instant>>>,
    /// Nobody waits for these any more. They go on, and the next who needs a connection takes them up: if each began anew,
    /// a server that is further away than anyone waits would never be reached.
    abandoned: Arc<Mutex<VecDeque<Opening<S>>>>,
}

/// The place of one connection.
pub(crate) struct Slot<S: Source> {
    /// None while a statement runs, and ever after if that was broken off.
    pub(super) connection: Option<S::Connection>,
    opened: Instant,
    answered: Instant,
}

impl<S: Source> Slot<S> {
    /// Puts the connection back, which has just answered.
    pub(super) fn put_back(&mut self, connection: S::Connection) {
        self.connection = Some(connection);
        self.answered = Instant::now();
    }

    fn is_fresh(&self) -> bool {
        self.answered.elapsed() < FRESH
    }

    fn has_not_answered_since(&self, time: &Mutex<Option<Instant>>) -> bool {
        time.lock().unwrap_or_else(PoisonError::into_inner).is_some_and(|time| self.answered <= time)
    }

    /// Says good-bye, without waiting long for a peer that may not be there.
    pub(super) async fn close(self) {
        if let Some(connection) = self.connection {
            let _ = timeout(PING_LIMIT, S::close(connection)).await;
        }
    }
}

impl<S: Source> Connector<S> {
    pub(crate) fn new(source: S, settings: &DatabaseSettings) -> Self {
        Self {
            source,
            opening_limit: 2 * settings.acquire_timeout,
            idle_timeout: settings.idle_timeout,
            max_lifetime: settings.max_lifetime,
            last_death: Arc::default(),
            last_doubt: Arc::default(),
            abandoned: Arc::default(),
        }
    }

    /// The same for another share: what was opened for one thread is not for others.
    pub(super) fn for_another_share(&self) -> Self {
        self.with(self.source.clone())
    }

    /// The same with the other driver: what becomes of its connections tells something about these too.
    pub(super) fn with<T: Source>(&self, source: T) -> Connector<T> {
        Connector {
            source,
            opening_limit: self.opening_limit,
            idle_timeout: self.idle_timeout,
            max_lifetime: self.max_lifetime,
            last_death: Arc::clone(&self.last_death),
            last_doubt: Arc::clone(&self.last_doubt),
            abandoned: Arc::default(),
        }
    }

    /// Begins to open a connection that this thread's runtime serves, but not on this thread: sqlx lets other tasks in some
    /// 800 times while it hashes the password, and on a busy thread each time takes as long as a request.
    fn open(&self) -> Opening<S> {
        let (source, limit) = (self.source.clone(), self.opening_limit);
        let runtime = Handle::current();
        spawn_blocking(move || {
            runtime.block_on(async {
                let connection = timeout(limit, source.open()).await;
                let connection = connection.map_err(|_elapsed| io::Error::from(io::ErrorKind::TimedOut))??;
                let now = Instant::now();
                Ok(Slot { connection: Some(connection), opened: now, answered: now })
            })
        })
    }

    /// A connection that is in no pool.
    pub(super) async fn connection(&self) -> Result<S::Connection, sqlx::Error> {
        let slot = self.open().await.map_err(io::Error::other)??;
        slot.connection.ok_or_else(|| io::Error::from(io::ErrorKind::NotConnected).into())
    }

    async fn opened(&self, opening: Opening<S>) -> Result<Slot<S>, sqlx::Error> {
        let mut opening = scopeguard::guard(opening, |opening| self.abandoned().push_back(opening));
        let slot = (&mut *opening).await;
        ScopeGuard::into_inner(opening);
        slot.map_err(io::Error::other)?
    }

    fn abandoned(&self) -> MutexGuard<'_, VecDeque<Opening<S>>> {
        self.abandoned.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells that a connection turned out to be dead. What broke one, a restart for example, has most likely broken all,
    /// and to find that out one by one takes time: those that have not answered since are not used again.
    pub(super) fn report_death(&self) {
        *self.last_death.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// Tells that a statement was sent at that time and has no answer yet. It may be waiting for a lock; or the other side has
    /// vanished, and with it that of connections that nobody has used since: those are pinged before they are used.
    pub(super) fn report_doubt(&self, sent: Instant) {
        *self.last_doubt.lock().unwrap_or_else(PoisonError::into_inner) = Some(sent);
    }

    fn is_dead_most_likely(&self, slot: &Slot<S>) -> bool {
        slot.has_not_answered_since(&self.last_death)
    }

    /// Whether it is taken to work without being asked.
    fn is_trusted(&self, slot: &Slot<S>) -> bool {
        slot.is_fresh() && !slot.has_not_answered_since(&self.last_doubt)
    }

    /// Closes connections that were not used for long, for as long as there is a pool.
    pub(super) async fn close_unused(self, pool: WeakPool<Self>) {
        let mut rounds = interval((self.idle_timeout / 4).max(Duration::from_millis(1)));
        loop {
            rounds.tick().await;
            let Some(pool) = pool.upgrade() else { return };
            self.abandoned().retain(|opening| !opening.is_finished());
            let unused = pool.retain(|slot, _| slot.answered.elapsed() < self.idle_timeout).removed;
            drop(pool);
            for slot in unused {
                slot.close().await;
            }
        }
    }
}

impl<S: Source> Manager for Connector<S> {
    type Type = Slot<S>;
    type Error = sqlx::Error;

    async fn create(&self) -> Result<Slot<S>, sqlx::Error> {
        loop {
            let abandoned = self.abandoned().pop_front();
            let Some(opening) = abandoned else { return self.opened(self.open()).await };
            let is_old_news = opening.is_finished();
            match self.opened(opening).await {
                Err(_) if is_old_news => {}
                Ok(slot) if self.is_dead_most_likely(&slot) || !slot.is_fresh() => {}
                outcome => return outcome,
            }
        }
    }

    async fn recycle(&self, slot: &mut Slot<S>, _: &Metrics) -> RecycleResult<sqlx::Error> {
        if self.is_dead_most_likely(slot) {
            return Err(RecycleError::message("it has not answered since another one turned out to be dead"));
        }
        if slot.opened.elapsed() > self.max_lifetime {
            return Err(RecycleError::message("it has reached its age"));
        }
        let is_trusted = self.is_trusted(slot);
        let Some(connection) = &mut slot.connection else {
            return Err(RecycleError::message("a statement on it was broken off"));
        };
        if S::is_spent(connection) {
            self.report_death();
            return Err(RecycleError::message("the other side has closed it"));
        }
        if is_trusted {
            return Ok(());
        }
        let answer = Box::pin(timeout(PING_LIMIT, S::ping(connection))).await;
        let answer = answer.unwrap_or_else(|_elapsed| Err(io::Error::from(io::ErrorKind::TimedOut).into()));
        answer.inspect_err(|_dead| self.report_death()).map_err(RecycleError::Backend)
    }
}
