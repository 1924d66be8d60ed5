//! Chooses the connection for each statement.

use std::{
    fmt,
    sync::{Arc, Once, Weak},
    time::Duration,
};

use tokio::{join, time::interval};

use crate::{
    Answer, Connector, Error, Kind, Settings, Statement, Statistics,
    group_commit::GroupCommit,
    pipeline::{Patience, Pipeline},
    pool::Pool,
};

/// With fewer connections there is no pipeline: a write that waits for a lock would delay all other statements.
const ENOUGH_FOR_PIPELINE: usize = 3;

/// With fewer connections, none are reserved for long reads.
const ENOUGH_FOR_LONG_READS: usize = 8;

/// Runs statements over the connections of one runtime. Clones share the connections.
///
/// Create one executor for each runtime that runs statements, each with its share of the connections: in a server with a
/// runtime for each thread, one executor for each thread. Several threads can share an executor, but that is slower. A
/// connection is served by the runtime on which it was opened, and breaks when that runtime ends. A task on the runtime of the
/// first statement closes idle connections.
#[derive(Clone)]
pub struct Executor(Arc<Inner>);

struct Inner {
    /// For writes, and for reads that are not pipelined.
    pool: Arc<Pool>,
    /// `None` if each write has a commit of its own.
    writes: Option<GroupCommit>,
    reads: Option<Pipeline>,
    /// For reads of many rows that are not pipelined. Few connections, so that the rows need little memory and writes do not
    /// wait.
    long_reads: Option<Pool>,
    idle_timeout: Duration,
    closes_idle: Once,
}

impl Executor {
    /// An executor of [`Settings::max_connections`] connections: one for the pipeline if statements
    /// [share connections](Settings::share_connections) and there are three or more, a quarter for long reads if there are eight
    /// or more, and the rest for writes and other reads.
    ///
    /// Opens no connection: statements open them on demand. It may be called outside of a runtime.
    #[must_use]
    pub fn new(connector: &Connector, settings: &Settings) -> Self {
        let connections = settings.max_connections.max(1);
        let pipelined = usize::from(settings.share_connections && connections >= ENOUGH_FOR_PIPELINE);
        let long_reads = if connections >= ENOUGH_FOR_LONG_READS { connections / 4 } else { 0 };
        let pause = Duration::from_millis(3) * (connector.number_executor() % 8 + 1);
        let pool = |size| Pool::new(connector, settings, size, pause);
        let general = Arc::new(pool(connections - pipelined - long_reads));
        Self(Arc::new(Inner {
            writes: settings.share_connections.then(|| GroupCommit::new(Arc::clone(&general))),
            pool: general,
            reads: (pipelined > 0).then(|| Pipeline::new(connector, settings)),
            long_reads: (long_reads > 0).then(|| pool(long_reads)),
            idle_timeout: settings.idle_timeout,
            closes_idle: Once::new(),
        }))
    }

    /// Runs a statement, all or nothing. Its [`Kind`] decides over which connection. A write may be committed together with
    /// others.
    ///
    /// A statement that loses a race (a serialization failure or a deadlock) is retried at most three times. If the caller
    /// stops waiting, a read continues in Postgres until it ends or times out. So does a write that has started; a write that
    /// is still queued is not run.
    ///
    /// # Errors
    ///
    /// See [`Error`]. A write whose outcome is unknown is not retried.
    ///
    /// # Panics
    ///
    /// If called outside of a tokio runtime, or if I/O or timers are not enabled in the runtime.
    pub async fn run(&self, statement: Statement) -> Result<Answer, Error> {
        self.close_idle_from_now_on();
        let Inner { pool, writes, reads, long_reads, .. } = &*self.0;
        let (patience, otherwise) = match statement.kind {
            Kind::Write => {
                return match writes {
                    Some(writes) => writes.run(statement).await,
                    None => Box::pin(pool.run(&statement)).await,
                };
            }
            Kind::Read => (Patience::OwnAnswer, &**pool),
            Kind::ReadMany => (Patience::AnyAnswer, long_reads.as_ref().unwrap_or(pool)),
        };
        if let Some(reads) = reads
            && let Some(answer) = reads.read(&statement, patience).await
        {
            return Ok(answer);
        }
        // Boxed, so that the futures of pipelined reads stay small.
        Box::pin(otherwise.run(&statement)).await
    }

    /// Runs statements in order in one transaction: all of them or, if one fails, none. They are sent at once, so no statement
    /// can depend on the answer to another one. Their kinds do not matter. If the batch loses a race, it is retried as a whole.
    /// It may be committed together with other writes.
    ///
    /// # Errors
    ///
    /// See [`Error`]. With [`Error::Refused`] and [`Error::ParameterCount`] nothing was changed; with [`Error::OutcomeUnknown`]
    /// either nothing or everything was changed.
    pub async fn run_batch(&self, statements: Vec<Statement>) -> Result<Vec<Answer>, Error> {
        if statements.is_empty() {
            return Ok(Vec::new());
        }
        self.close_idle_from_now_on();
        match &self.0.writes {
            Some(writes) => writes.run_batch(statements).await,
            None => self.0.pool.run_batch(&statements).await,
        }
    }

    /// The state of the connections, and counts since the executor was created.
    #[must_use]
    pub fn statistics(&self) -> Statistics {
        let Inner { pool, writes, reads, long_reads, .. } = &*self.0;
        let writes = writes.iter().map(GroupCommit::statistics);
        let reads = reads.iter().map(Pipeline::statistics);
        let long_reads = long_reads.iter().map(Pool::statistics);
        [pool.statistics()].into_iter().chain(writes).chain(reads).chain(long_reads).sum()
    }

    /// Closes idle connections now and the others when their statements end. No new connections are opened, and further
    /// statements fail with [`Error::Closed`].
    pub async fn close(&self) {
        let Inner { pool, reads, long_reads, .. } = &*self.0;
        let reads = async {
            if let Some(reads) = reads {
                reads.close().await;
            }
        };
        let long_reads = async {
            if let Some(long_reads) = long_reads {
                long_reads.close().await;
            }
        };
        join!(pool.close(), reads, long_reads);
    }

    /// Starts closing idle connections, on the current runtime.
    fn close_idle_from_now_on(&self) {
        self.0.closes_idle.call_once(|| {
            tokio::spawn(Inner::close_idle(Arc::downgrade(&self.0), self.0.idle_timeout));
        });
    }
}

impl Inner {
    /// Closes idle connections for as long as the executor exists.
    async fn close_idle(this: Weak<Self>, idle_timeout: Duration) {
        let mut rounds = interval((idle_timeout / 4).max(Duration::from_millis(1)));
        loop {
            rounds.tick().await;
            let Some(inner) = this.upgrade() else { return };
            inner.pool.close_idle().await;
            if let Some(long_reads) = &inner.long_reads {
                long_reads.close_idle().await;
            }
            if let Some(reads) = &inner.reads {
                reads.close_idle();
            }
        }
    }
}

impl fmt::Debug for Executor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Executor").field("statistics", &self.statistics()).finish_non_exhaustive()
    }
}
