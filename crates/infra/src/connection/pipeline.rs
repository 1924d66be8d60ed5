//! Reads that share a connection to Postgres.
//!
//! A statement with a connection to itself wakes a process of Postgres, which then wakes the one that waits here: under load
//! most of the time goes into that. Over a pipeline, statements that come at the same time are sent at once, and answered one
//! after the other. That suits reads of a few rows by key, which wait neither for locks nor for a disk to write.
//!
//! sqlx has no pipelines, so these stand on tokio-postgres. Nothing depends on them: whatever is amiss with one, reads take a
//! connection of their own, as everything else does, and errors come from there.

mod opener;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::{Duration, Instant},
};

use domain::BoxError;
use futures_util::{TryStreamExt, pin_mut};
use quick_cache::sync::Cache;
use scopeguard::ScopeGuard;
use sea_orm::{Statement, Value};
use tokio::{
    runtime::Handle,
    task::{JoinHandle, spawn_blocking},
    time::{interval, timeout},
};
use tokio_postgres::{Client, Row, types::ToSql};
use tracing::debug;

use super::connector::{FRESH, PING_LIMIT};
use crate::DatabaseSettings;

pub(crate) use opener::Opener;

/// A pipeline that has not answered for longer than this, although it should, is not joined: what is first in it takes
/// its time, and who comes next would too.
const PROMPT: Duration = Duration::from_millis(5);

/// How long a read waits for its answer before it takes a connection of its own.
const PATIENCE: Duration = Duration::from_millis(300);

/// How long after one that could not be opened the next is tried.
const REST: Duration = Duration::from_secs(1);

/// How many statements a connection keeps prepared: as many as those of sqlx do.
const STATEMENTS: usize = 100;

/// The pipeline of one thread. Clones share it.
#[derive(Clone)]
pub(super) struct Pipeline(Arc<Shared>);

struct Shared {
    opener: Opener,
    opening_limit: Duration,
    idle_timeout: Duration,
    max_lifetime: Duration,
    state: Mutex<State>,
}

enum State {
    Closed { since: Option<Instant> },
    Opening,
    Open(Arc<Connected>),
    Shut,
}

impl Pipeline {
    /// One that is opened when it is first wanted.
    pub(super) fn new(opener: Opener, settings: &DatabaseSettings) -> Self {
        let shared = Arc::new(Shared {
            opener,
            opening_limit: 2 * settings.acquire_timeout,
            idle_timeout: settings.idle_timeout,
            max_lifetime: settings.max_lifetime,
            state: Mutex::new(State::Closed { since: None }),
        });
        tokio::spawn(Shared::close_unused(Arc::downgrade(&shared), settings.idle_timeout));
        Self(shared)
    }

    /// The rows that a statement reads, or `None` if it should rather be run on a connection of its own.
    pub(super) async fn read(&self, statement: &Statement) -> Option<Vec<Row>> {
        let connected = self.joinable()?;
        match timeout(PATIENCE, connected.read(statement)).await {
            Ok(Ok(rows)) => Some(rows),
            Ok(Err(error)) => {
                debug!(%error, "a read is done over, on a connection of its own");
                connected.statements.remove(statement.sql.as_str());
                None
            }
            Err(_elapsed) => {
                self.check(&connected);
                None
            }
        }
    }

    /// How many connections it has, and how many of them nobody uses.
    pub(super) fn size_and_idle(&self) -> (usize, usize) {
        match &*self.0.state() {
            State::Open(connected) => (1, usize::from(connected.traffic().waiting == 0)),
            State::Closed { .. } | State::Opening | State::Shut => (0, 0),
        }
    }

    /// Whether statements can be sent over it.
    #[cfg(feature = "testing")]
    pub(super) fn is_open(&self) -> bool {
        self.joinable().is_some()
    }

    /// Closes it for good, when all that was sent is answered.
    pub(super) async fn shut(&self) {
        let before = std::mem::replace(&mut *self.0.state(), State::Shut);
        if let State::Open(connected) = before
            && let Some(connected) = Arc::into_inner(connected)
        {
            drop(connected.client);
            // If it does not end, it is closed all the same.
            let _ = timeout(PING_LIMIT, connected.driver).await;
        }
    }

    /// The connection, if it is as good as one of one's own. If it is not, sees to it that it will be.
    fn joinable(&self) -> Option<Arc<Connected>> {
        let mut state = self.0.state();
        match &*state {
            State::Open(connected) if connected.client.is_closed() || self.0.is_old(connected) => {}
            State::Open(connected) => {
                let verdict = connected.traffic().verdict();
                return match verdict {
                    Verdict::Join => Some(Arc::clone(connected)),
                    Verdict::Check => {
                        let connected = Arc::clone(connected);
                        drop(state);
                        self.check(&connected);
                        None
                    }
                    Verdict::Busy => None,
                };
            }
            State::Closed { since } if since.is_none_or(|since| since.elapsed() > REST) => {}
            State::Closed { .. } | State::Opening | State::Shut => return None,
        }
        // An old one is dropped, and closed when all that was sent over it is answered.
        *state = State::Opening;
        drop(state);
        tokio::spawn(Shared::open(Arc::clone(&self.0)));
        None
    }

    /// Nobody joins until it has answered again. If it does not, it is closed.
    fn check(&self, connected: &Arc<Connected>) {
        if std::mem::replace(&mut connected.traffic().in_doubt, true) {
            return;
        }
        let (shared, connected) = (Arc::clone(&self.0), Arc::clone(connected));
        tokio::spawn(async move {
            match timeout(shared.opening_limit, connected.client.check_connection()).await {
                Ok(Ok(())) => connected.traffic().trust_again(),
                Ok(Err(_)) | Err(_) => shared.give_up(&connected),
            }
        });
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_old(&self, connected: &Connected) -> bool {
        connected.opened.elapsed() > self.max_lifetime
    }

    /// Opens a connection that this thread's runtime serves, but not on this thread, which a password would keep busy.
    async fn open(self: Arc<Self>) {
        let gone = scopeguard::guard(Arc::clone(&self), |shared| shared.opened(None));
        let runtime = Handle::current();
        let opening = spawn_blocking(move || {
            let limit = self.opening_limit;
            let opened = runtime.block_on(async { timeout(limit, self.opener.open()).await });
            let (client, connection) = opened.map_err(BoxError::from).flatten()?;
            let driver = runtime.spawn(async {
                if let Err(error) = connection.await {
                    debug!(%error, "a pipeline has broken");
                }
            });
            Ok::<_, BoxError>(Connected::new(client, driver))
        });
        let opened = opening.await.map_err(BoxError::from).flatten();
        let shared = ScopeGuard::into_inner(gone);
        shared.opened(opened.inspect_err(|error| debug!(error, "no pipeline could be opened")).ok());
    }

    fn opened(&self, connected: Option<Connected>) {
        let mut state = self.state();
        if matches!(*state, State::Opening) {
            let closed = State::Closed { since: Some(Instant::now()) };
            *state = connected.map_or(closed, |connected| State::Open(Arc::new(connected)));
        }
    }

    /// Closes a connection, whoever waits for it.
    fn give_up(&self, broken: &Arc<Connected>) {
        broken.driver.abort();
        let mut state = self.state();
        if matches!(&*state, State::Open(connected) if Arc::ptr_eq(connected, broken)) {
            *state = State::Closed { since: None };
        }
    }

    /// Closes a connection that was not used for long, for as long as there is a pipeline.
    async fn close_unused(this: Weak<Self>, idle_timeout: Duration) {
        let mut rounds = interval((idle_timeout / 4).max(Duration::from_millis(1)));
        loop {
            rounds.tick().await;
            let Some(shared) = this.upgrade() else { return };
            let mut state = shared.state();
            if matches!(&*state, State::Open(connected) if connected.traffic().is_unused_for(shared.idle_timeout)) {
                *state = State::Closed { since: None };
            }
        }
    }
}

/// An open connection.
struct Connected {
    client: Client,
    driver: JoinHandle<()>,
    statements: Cache<String, tokio_postgres::Statement>,
    opened: Instant,
    traffic: Mutex<Traffic>,
}

impl Connected {
    fn new(client: Client, driver: JoinHandle<()>) -> Self {
        let opened = Instant::now();
        let traffic = Mutex::new(Traffic { waiting: 0, progress: opened, in_doubt: false });
        Self { client, driver, statements: Cache::new(STATEMENTS), opened, traffic }
    }

    fn traffic(&self) -> MutexGuard<'_, Traffic> {
        self.traffic.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn read(&self, statement: &Statement) -> Result<Vec<Row>, BoxError> {
        self.traffic().join();
        // Who does not wait any more leaves as well: the answer is thrown away when it comes.
        let waiting = scopeguard::guard((), |()| self.traffic().leave());
        let rows = self.rows(statement).await?;
        ScopeGuard::into_inner(waiting);
        self.traffic().answer();
        Ok(rows)
    }

    async fn rows(&self, statement: &Statement) -> Result<Vec<Row>, BoxError> {
        let prepared = match self.statements.get(statement.sql.as_str()) {
            Some(prepared) => prepared,
            None => {
                let prepared = self.client.prepare(&statement.sql).await?;
                self.statements.insert(statement.sql.clone(), prepared.clone());
                prepared
            }
        };
        let values = statement.values.iter().flat_map(|values| values.iter());
        let values = values.map(parameter).collect::<Result<Vec<_>, _>>()?;
        let rows = self.client.query_raw(&prepared, values).await?;
        pin_mut!(rows);
        Ok(rows.try_collect().await?)
    }
}

/// A value as the driver takes it. It checks the type against that of the parameter.
fn parameter(value: &Value) -> Result<&(dyn ToSql + Sync), BoxError> {
    match value {
        Value::Bool(value) => Ok(value),
        Value::String(value) => Ok(value),
        Value::Uuid(value) => Ok(value),
        other => Err(format!("reads are not made for values such as {:?}", other.array_type()).into()),
    }
}

/// What is on its way.
struct Traffic {
    /// How many reads wait for their answers.
    waiting: usize,
    /// When an answer last came, or the first of those who wait began to.
    progress: Instant,
    /// Whether a check is under way.
    in_doubt: bool,
}

enum Verdict {
    Join,
    /// It may be dead.
    Check,
    /// It is being checked, or what is first in it takes its time.
    Busy,
}

impl Traffic {
    fn verdict(&self) -> Verdict {
        let silence = self.progress.elapsed();
        match self.waiting {
            _ if self.in_doubt => Verdict::Busy,
            0 if silence > FRESH => Verdict::Check,
            1.. if silence > PROMPT => Verdict::Busy,
            _ => Verdict::Join,
        }
    }

    fn join(&mut self) {
        if self.waiting == 0 {
            self.progress = Instant::now();
        }
        self.waiting += 1;
    }

    fn leave(&mut self) {
        self.waiting -= 1;
    }

    fn answer(&mut self) {
        self.leave();
        self.progress = Instant::now();
    }

    fn trust_again(&mut self) {
        self.progress = Instant::now();
        self.in_doubt = false;
    }

    fn is_unused_for(&self, time: Duration) -> bool {
        self.waiting == 0 && self.progress.elapsed() > time
    }
}
