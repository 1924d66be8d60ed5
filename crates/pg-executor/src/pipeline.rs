//! Reads that share a connection.
//!
//! A statement on its own connection wakes a process of Postgres, which then wakes the caller. Under load, most of the time is
//! spent on these wake-ups. A pipeline sends concurrent statements at once, and Postgres answers them one after the other. That
//! suits reads of a few rows by key, which wait neither for locks nor for disk writes.
//!
//! No read depends on the pipeline. If anything is wrong with it, the read runs on its own connection, and the caller gets only
//! the errors from there.

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

/// The pause after a failure to open the connection.
const REST: Duration = Duration::from_secs(1);

/// What a read waits for before it runs on its own connection instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Patience {
    /// Its own answer. Few rows are quickly read elsewhere.
    OwnAnswer,
    /// Any answer: while answers arrive, the read waits for its turn, up to the acquire timeout. Running it elsewhere as well
    /// would read many rows twice, just when other reads do the same.
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
    /// A pipeline that opens its connection on first use.
    pub(crate) fn new(connector: &Connector, settings: &Settings) -> Self {
        Self(Arc::new(Inner {
            connector: connector.clone(),
            settings: *settings,
            state: Mutex::new(State::Closed { failed: None }),
            pipelined: AtomicU64::new(0),
        }))
    }

    /// The answer to a read, or `None` if the caller should run it on its own connection.
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

    /// Closes the connection if it has been idle for long.
    pub(crate) fn close_idle(&self) {
        let mut state = self.0.state();
        if matches!(&*state, State::Open(channel) if channel.is_silent_for(self.0.settings.idle_timeout)) {
            *state = State::Closed { failed: None };
        }
    }

    /// Closes the connection for good, after all reads in flight are answered.
    pub(crate) async fn close(&self) {
        let before = std::mem::replace(&mut *self.0.state(), State::Shut);
        if let State::Open(channel) = before
            && let Some(channel) = Arc::into_inner(channel)
        {
            channel.close().await;
        }
    }

    /// The connection, if a read over it is not slower than on its own connection. Otherwise starts to open or check it.
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
        // The old connection is closed after its last read is answered.
        *state = State::Opening;
        drop(state);
        self.open();
        None
    }

    fn open(&self) {
        // Create the guard outside of the task: the runtime may end before the task begins.
        let unless_opened = scopeguard::guard(Arc::clone(&self.0), |inner| inner.opened(None));
        tokio::spawn(async move {
            let opened = unless_opened.connect().await;
            let opened = opened.inspect_err(|error| debug!(%error, "the pipeline could not be opened"));
            ScopeGuard::into_inner(unless_opened).opened(opened.ok());
        });
    }

    /// Keeps new reads out until the connection has answered again. Closes it if it does not answer.
    fn check(&self, channel: &Arc<Channel>) {
        if !channel.begin_check() {
            return;
        }
        let (inner, channel) = (Arc::clone(&self.0), Arc::clone(channel));
        tokio::spawn(async move {
            loop {
                match timeout(inner.settings.statement_timeout, channel.ping()).await {
                    Ok(Ok(())) => return channel.pass_check(),
                    // Many reads were sent before the ping. No new read joins, so the backlog shrinks.
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

    /// Gives up a connection. It is closed when its last read has stopped waiting.
    fn give_up(&self, broken: &Arc<Channel>) {
        let mut state = self.state();
        if matches!(&*state, State::Open(channel) if Arc::ptr_eq(channel, broken)) {
            *state = State::Closed { failed: None };
        }
    }
}
