//! Reads that share a connection.
//!
//! A statement on a connection of its own wakes a process of Postgres, which then wakes the one that waits here: under load
//! most of the time goes into that. Over a pipeline, statements that come at the same time are sent at once and answered one
//! after the other. That suits reads of a few rows by key, which wait neither for locks nor for a disk to write.
//!
//! Nothing depends on a pipeline: whatever is wrong with it, reads run on a connection of their own, and errors come from there.

mod channel;
mod traffic;

use std::{
    pin::pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use scopeguard::ScopeGuard;
use tokio::time::timeout;
use tracing::debug;

use crate::{Answer, Connector, Error, Settings, Statement, Statistics, connection::PgConnection};
use channel::Channel;
use traffic::Verdict;

/// How long after a failure to open the connection the next attempt comes.
const REST: Duration = Duration::from_secs(1);

/// What a read waits for before it runs on a connection of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Patience {
    /// For its answer: few rows are soon read elsewhere.
    OwnAnswer,
    /// For any answer: while others are answered its turn comes, unless that takes longer than to get a connection may. Many
    /// rows would only be read twice, beside those of others that have lost patience too.
    AnyAnswer,
}

/// A connection that reads share. Clones share it.
#[derive(Clone)]
pub(crate) struct Pipeline(Arc<Inner>);

struct Inner {
    connector: Connector,
    settings: Settings,
    state: Mutex<State>,
    pipelined: AtomicU64,
}

enum State {
    Closed { failed: Option<Instant> },
    Opening,
    Open(Arc<Channel>),
    Shut,
}

impl Pipeline {
    /// A pipeline that is opened when it is first wanted.
    pub(crate) fn new(connector: &Connector, settings: &Settings) -> Self {
        Self(Arc::new(Inner {
            connector: connector.clone(),
            settings: *settings,
            state: Mutex::new(State::Closed { failed: None }),
            pipelined: AtomicU64::new(0),
        }))
    }

    /// The answer to a read, or `None` if it should rather be run on a connection of its own.
    pub(crate) async fn read(&self, statement: &Statement, patience: Patience) -> Option<Answer> {
        let channel = self.joinable()?;
        let begin = Instant::now();
        let mut read = pin!(channel.read(statement));
        loop {
            match timeout(channel.patience(), &mut read).await {
                Ok(Ok(answer)) => {
                    self.0.pipelined.fetch_add(1, Ordering::Relaxed);
                    return Some(answer);
                }
                Ok(Err(error)) => {
                    debug!(%error, "a read is run again on a connection of its own");
                    return None;
                }
                Err(_elapsed)
                    if patience == Patience::AnyAnswer
                        && channel.is_answering()
                        && begin.elapsed() < self.0.settings.acquire_timeout => {}
                Err(_elapsed) => {
                    self.check(&channel);
                    return None;
                }
            }
        }
    }

    pub(crate) fn statistics(&self) -> Statistics {
        let size = usize::from(matches!(*self.0.state(), State::Open(_)));
        let pipelined = self.0.pipelined.load(Ordering::Relaxed);
        Statistics { max_connections: 1, size, idle: size, pipelined, ..Default::default() }
    }

    /// Closes the connection if nothing has come over it for long.
    pub(crate) fn close_idle(&self) {
        let mut state = self.0.state();
        if matches!(&*state, State::Open(channel) if channel.is_silent_for(self.0.settings.idle_timeout)) {
            *state = State::Closed { failed: None };
        }
    }

    /// Closes the connection for good, when all that was sent is answered.
    pub(crate) async fn close(&self) {
        let before = std::mem::replace(&mut *self.0.state(), State::Shut);
        if let State::Open(channel) = before
            && let Some(channel) = Arc::into_inner(channel)
        {
            channel.close().await;
        }
    }

    /// The connection, if it is as good as one of one's own. If it is not, sees to it that it will be.
    fn joinable(&self) -> Option<Arc<Channel>> {
        let mut state = self.0.state();
        match &*state {
            State::Open(channel) if channel.is_to_be_replaced(self.0.settings.max_lifetime) => {}
            State::Open(channel) => match channel.verdict() {
                Verdict::Join => return Some(Arc::clone(channel)),
                Verdict::Check => {
                    let channel = Arc::clone(channel);
                    drop(state);
                    self.check(&channel);
                    return None;
                }
                Verdict::Busy => return None,
            },
            State::Closed { failed } if failed.is_none_or(|failed| failed.elapsed() > REST) => {}
            State::Closed { .. } | State::Opening | State::Shut => return None,
        }
        // An old one is closed when the last read on it has its answer.
        *state = State::Opening;
        drop(state);
        self.open();
        None
    }

    fn open(&self) {
        // Not in the task: the runtime may end before the task begins.
        let unless_opened = scopeguard::guard(Arc::clone(&self.0), |inner| inner.opened(None));
        tokio::spawn(async move {
            let opened = unless_opened.connect().await;
            let opened = opened.inspect_err(|error| debug!(%error, "the pipeline could not be opened"));
            ScopeGuard::into_inner(unless_opened).opened(opened.ok());
        });
    }

    /// Lets no read join until the connection has answered again. If it does not answer, it is closed.
    fn check(&self, channel: &Arc<Channel>) {
        if !channel.begin_check() {
            return;
        }
        let (inner, channel) = (Arc::clone(&self.0), Arc::clone(channel));
        tokio::spawn(async move {
            loop {
                match timeout(inner.settings.statement_timeout, channel.ping()).await {
                    Ok(Ok(())) => return channel.pass_check(),
                    // Much was sent before the ping. No read joins, so it becomes less.
                    Err(_elapsed) if channel.is_answering() => {}
                    Ok(Err(_)) | Err(_) => return inner.give_up(&channel),
                }
            }
        });
    }
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn connect(&self) -> Result<Channel, Error> {
        let opening = PgConnection::open(self.connector.clone(), &self.settings);
        let connection = opening.await.unwrap_or_else(|error| Err(Error::NoConnection(Arc::new(error))))?;
        let (begin, limit) = (Instant::now(), self.settings.statement_timeout);
        let answer = timeout(limit, connection.ping()).await;
        answer.unwrap_or_else(|_elapsed| Err(Error::no_answer_within(limit)))?;
        Ok(Channel::new(connection, begin.elapsed()))
    }

    fn opened(&self, channel: Option<Channel>) {
        let mut state = self.state();
        if matches!(*state, State::Opening) {
            let failed = State::Closed { failed: Some(Instant::now()) };
            *state = channel.map_or(failed, |channel| State::Open(Arc::new(channel)));
        }
    }

    /// Closes a connection as soon as the last read on it has lost patience too.
    fn give_up(&self, broken: &Arc<Channel>) {
        let mut state = self.state();
        if matches!(&*state, State::Open(channel) if Arc::ptr_eq(channel, broken)) {
            *state = State::Closed { failed: None };
        }
    }
}
