//! Reads that share a connection to Postgres.
//!
//! A statement with a connection to itself wakes a process of Postgres, which then wakes the one that waits here: under load
//! most of the time goes into that. Over a pipeline, statements that come at the same time are sent at once, and answered one
//! after the other. That suits reads of a few rows by key, which wait neither for locks nor for a disk to write.
//!
//! Nothing depends on a pipeline: whatever is amiss with it, reads take a connection of their own, and errors come from there.

use std::{
    io,
    pin::pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use scopeguard::ScopeGuard;
use sea_orm::Statement;
use tokio::time::{interval, timeout};
use tokio_postgres::Row;
use tracing::debug;

use super::{
    connector::{Connector, FRESH},
    counters::DatabaseStatistics,
    opener::Opener,
    session::Session,
};
use crate::DatabaseSettings;

/// A pipeline that has not answered for longer than this and the way there and back, although it should, is not joined: what
/// is first in it takes its time, and who comes next would too.
const PROMPT: Duration = Duration::from_millis(5);

/// How long a read waits for its answer, or for that to one before it, besides the [`TRIPS`] it takes. Then it takes a
/// connection of its own.
const PATIENCE: Duration = Duration::from_millis(100);

/// How often a read goes there and back at most: to be prepared, and to be run, and as much again.
const TRIPS: u32 = 4;

/// How long after one that could not be opened the next is tried.
const REST: Duration = Duration::from_secs(1);

/// What a read waits for before it takes a connection of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Patience {
    /// For its answer: whatever is before it, few rows are soon read elsewhere.
    Own,
    /// For any answer: while those before it are answered its turn comes, unless that takes longer than to get a connection may.
    /// Many rows would only be read twice, beside those of others who have lost patience too.
    Any,
}

/// The pipeline of one thread. Clones share it.
#[derive(Clone)]
pub(super) struct Pipeline(Arc<Shared>);

struct Shared {
    connector: Connector<Opener>,
    acquire_timeout: Duration,
    statement_limit: Duration,
    idle_timeout: Duration,
    max_lifetime: Duration,
    state: Mutex<State>,
    pipelined: AtomicU64,
}

enum State {
    Closed { since: Option<Instant> },
    Opening,
    Open(Arc<Connected>),
    Shut,
}

impl Pipeline {
    /// One that is opened when it is first wanted.
    pub(super) fn new(connector: Connector<Opener>, settings: &DatabaseSettings) -> Self {
        let shared = Arc::new(Shared {
            connector,
            acquire_timeout: settings.acquire_timeout,
            statement_limit: settings.statement_timeout,
            idle_timeout: settings.idle_timeout,
            max_lifetime: settings.max_lifetime,
            state: Mutex::new(State::Closed { since: None }),
            pipelined: AtomicU64::new(0),
        });
        tokio::spawn(Shared::close_unused(Arc::downgrade(&shared), settings.idle_timeout));
        Self(shared)
    }

    /// The rows that a statement reads, or `None` if it should rather be run on a connection of its own.
    pub(super) async fn read(&self, statement: &Statement, patience: Patience) -> Option<Vec<Row>> {
        let connected = self.joinable()?;
        let begin = Instant::now();
        let mut read = pin!(connected.read(statement));
        loop {
            match timeout(connected.patience, &mut read).await {
                Ok(Ok(rows)) => {
                    self.0.pipelined.fetch_add(1, Ordering::Relaxed);
                    return Some(rows);
                }
                Ok(Err(error)) => {
                    debug!(%error, "a read is done over, on a connection of its own");
                    return None;
                }
                Err(_elapsed)
                    if patience == Patience::Any
                        && connected.is_answering()
                        && begin.elapsed() < self.0.acquire_timeout => {}
                Err(_elapsed) => {
                    self.check(&connected);
                    return None;
                }
            }
        }
    }

    /// How it is doing.
    pub(super) fn statistics(&self) -> DatabaseStatistics {
        let size = usize::from(matches!(*self.0.state(), State::Open(_)));
        let pipelined = self.0.pipelined.load(Ordering::Relaxed);
        DatabaseStatistics { max_connections: 1, size, idle: size, pipelined, ..Default::default() }
    }

    /// Closes it for good, when all that was sent is answered.
    pub(super) async fn shut(&self) {
        let before = std::mem::replace(&mut *self.0.state(), State::Shut);
        if let State::Open(connected) = before
            && let Some(connected) = Arc::into_inner(connected)
        {
            connected.session.close().await;
        }
    }

    /// The connection, if it is as good as one of one's own. If it is not, sees to it that it will be.
    fn joinable(&self) -> Option<Arc<Connected>> {
        let mut state = self.0.state();
        match &*state {
            State::Open(connected) if connected.session.is_spent() || self.0.is_old(connected) => {}
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
        // An old one is dropped, by the last who waits for an answer.
        *state = State::Opening;
        drop(state);
        // Made here: the runtime may end before it comes to the task.
        let gone = scopeguard::guard(Arc::clone(&self.0), |shared| shared.opened(None));
        tokio::spawn(async move {
            let opened = gone.connect().await;
            let opened = opened.inspect_err(|error| debug!(%error, "no pipeline could be opened"));
            ScopeGuard::into_inner(gone).opened(opened.ok());
        });
        None
    }

    /// Nobody joins until it has answered again. If it does not, it is closed.
    fn check(&self, connected: &Arc<Connected>) {
        if std::mem::replace(&mut connected.traffic().in_doubt, true) {
            return;
        }
        let (shared, connected) = (Arc::clone(&self.0), Arc::clone(connected));
        tokio::spawn(async move {
            loop {
                match timeout(shared.statement_limit, connected.session.ping()).await {
                    Ok(Ok(())) => return connected.traffic().trust_again(),
                    // There is much before it. Nobody joins, so that it will be less.
                    Err(_elapsed) if connected.is_answering() => {}
                    Ok(Err(_)) | Err(_) => return shared.give_up(&connected),
                }
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

    async fn connect(&self) -> Result<Connected, sqlx::Error> {
        let session = self.connector.connection().await?;
        let begin = Instant::now();
        timeout(self.statement_limit, session.ping()).await.map_err(io::Error::from)??;
        Ok(Connected::new(session, begin.elapsed()))
    }

    fn opened(&self, connected: Option<Connected>) {
        let mut state = self.state();
        if matches!(*state, State::Opening) {
            let closed = State::Closed { since: Some(Instant::now()) };
            *state = connected.map_or(closed, |connected| State::Open(Arc::new(connected)));
        }
    }

    /// Closes a connection when the last who waits for an answer has given it up too.
    fn give_up(&self, broken: &Arc<Connected>) {
        let mut state = self.state();
        if matches!(&*state, State::Open(connected) if Arc::ptr_eq(connected, broken)) {
            *state = State::Closed { since: None };
        }
    }

    /// Closes a connection over which nothing has come for long, for as long as there is a pipeline.
    async fn close_unused(this: Weak<Self>, idle_timeout: Duration) {
        let mut rounds = interval((idle_timeout / 4).max(Duration::from_millis(1)));
        loop {
            rounds.tick().await;
            let Some(shared) = this.upgrade() else { return };
            let mut state = shared.state();
            if matches!(&*state, State::Open(connected) if connected.traffic().is_silent_for(shared.idle_timeout)) {
                *state = State::Closed { since: None };
            }
        }
    }
}

/// An open connection.
struct Connected {
    session: Session,
    opened: Instant,
    /// How long a read waits for its answer, or for any.
    patience: Duration,
    traffic: Mutex<Traffic>,
}

impl Connected {
    /// `trip` is how long it takes to get there and back.
    fn new(session: Session, trip: Duration) -> Self {
        let opened = Instant::now();
        let patience = PATIENCE + trip * TRIPS;
        Self { session, opened, patience, traffic: Mutex::new(Traffic::new(opened, trip)) }
    }

    fn traffic(&self) -> MutexGuard<'_, Traffic> {
        self.traffic.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether an answer has come within the time that a read waits for one.
    fn is_answering(&self) -> bool {
        !self.traffic().is_silent_for(self.patience)
    }

    async fn read(&self, statement: &Statement) -> Result<Vec<Row>, sqlx::Error> {
        let number = self.traffic().send();
        let answer = self.session.run(statement).await;
        if !matches!(answer, Err(sqlx::Error::Io(_))) {
            self.traffic().answer(number);
        }
        Ok(answer?.rows)
    }
}

/// What is on its way. Reads are counted as they are sent. They are answered in that order, also those that nobody waits for
/// any more, so that the answer to one tells that those before it have theirs; but for those that had to be prepared first,
/// which are a round trip late. What this is for can be that wrong.
struct Traffic {
    trip: Duration,
    sent: u64,
    answered: u64,
    /// When an answer last came, or the first of those without one was sent.
    progress: Instant,
    /// Whether a check is under way.
    in_doubt: bool,
}

#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Join,
    /// It may be dead.
    Check,
    /// It is being checked, or what is first in it takes its time.
    Busy,
}

impl Traffic {
    fn new(now: Instant, trip: Duration) -> Self {
        Self { trip, sent: 0, answered: 0, progress: now, in_doubt: false }
    }

    fn verdict(&self) -> Verdict {
        let silence = self.progress.elapsed();
        let owes_an_answer = self.sent > self.answered;
        match silence {
            _ if self.in_doubt => Verdict::Busy,
            _ if silence > FRESH => Verdict::Check,
            _ if owes_an_answer && silence > PATIENCE + self.trip * TRIPS => Verdict::Check,
            _ if owes_an_answer && silence > PROMPT + self.trip => Verdict::Busy,
            _ => Verdict::Join,
        }
    }

    fn send(&mut self) -> u64 {
        if self.sent == self.answered {
            self.progress = Instant::now();
        }
        self.sent += 1;
        self.sent
    }

    fn answer(&mut self, number: u64) {
        self.answered = self.answered.max(number);
        self.progress = Instant::now();
    }

    fn trust_again(&mut self) {
        self.answer(self.sent);
        self.in_doubt = false;
    }

    fn is_silent_for(&self, time: Duration) -> bool {
        self.progress.elapsed() > time
    }
}

#[cfg(test)]
mod tests;
