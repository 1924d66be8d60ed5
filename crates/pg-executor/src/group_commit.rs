//! Commits concurrent writes together.
//!
//! For Postgres, committing a write is more work than executing it. So one group of writes runs at a time, over one connection
//! and in one transaction, and the writes that arrive in the meantime form the next group. If only one write is waiting, it
//! runs without an additional transaction. A write is one statement, or a batch of statements that take effect together.
//!
//! For callers only the timing differs:
//!
//! - No caller gets an answer before the transaction is committed.
//! - When Postgres refuses one write, the whole group is rolled back and each write is run singly, so that no caller gets the
//!   error of another write.
//! - No caller waits long because another write waits. After [`PROMPT`] the next group starts without waiting for this one.
//!   Soon after that, a group that waits for a lock is rolled back and its writes are run singly.
//! - What made a group fail is kept out of groups for a second.

mod apart;
mod queue;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures_util::future::join_all;
use tokio::{task::yield_now, time::timeout};
use tracing::{Instrument, debug};

use crate::{Answer, Error, Statement, Statistics, connection::Begin, pool::Pool};
use apart::Apart;
use queue::{Queue, Turn, Write};

/// How long writes wait for the running group. A group that takes longer is itself waiting, for a lock, a slow disk or a
/// connection, and waiting for it gains nothing.
const PROMPT: Duration = Duration::from_millis(5);

/// The maximum number of statements in a group. More gain little and hold locks for longer. A larger batch forms its own group.
const GROUP: usize = 30;

/// Commits writes in groups.
pub(crate) struct GroupCommit(Arc<Inner>);

struct Inner {
    pool: Arc<Pool>,
    queue: Arc<Queue>,
    apart: Apart,
    /// How many writes were committed together with others.
    grouped: AtomicU64,
    /// How many writes were in a group that was rolled back, and were then run singly.
    ungrouped: AtomicU64,
}

impl GroupCommit {
    /// Commits writes over the connections of this pool.
    pub(crate) fn new(pool: Arc<Pool>) -> Self {
        let (queue, grouped, ungrouped) = Default::default();
        let apart = Apart::new(pool.max_connections());
        Self(Arc::new(Inner { pool, queue, apart, grouped, ungrouped }))
    }

    /// Runs a statement as [`run_batch`](Self::run_batch) does.
    pub(crate) async fn run(&self, statement: Statement) -> Result<Answer, Error> {
        // A batch has one answer for each statement.
        self.run_batch(vec![statement]).await.map(|mut answers| answers.swap_remove(0))
    }

    /// Runs a batch, together with other writes if there are any. A batch that has started is completed even if its caller
    /// stops waiting. Returns one answer for each statement, in order.
    pub(crate) async fn run_batch(&self, statements: Vec<Statement>) -> Result<Vec<Answer>, Error> {
        let (write, answers) = Write::new(statements);
        if self.0.apart.has(write.statements()) {
            tokio::spawn(Arc::clone(&self.0).run_apart(write));
        } else {
            self.0.queue.push(write);
            self.0.serve();
        }
        answers.await.unwrap_or(Err(Error::Closed))
    }

    pub(crate) fn statistics(&self) -> Statistics {
        let [grouped, ungrouped] = [&self.0.grouped, &self.0.ungrouped].map(|count| count.load(Ordering::Relaxed));
        Statistics { grouped, ungrouped, ..Default::default() }
    }
}

impl Inner {
    /// Starts a task that runs the queued writes, unless one is running.
    fn serve(self: &Arc<Self>) {
        if let Some(turn) = Turn::begin(&self.queue) {
            tokio::spawn(Arc::clone(self).run_all(turn));
        }
    }

    /// Runs queued writes until the queue is empty.
    async fn run_all(self: Arc<Self>, mut turn: Turn) {
        loop {
            // Let other tasks queue their writes first.
            yield_now().await;
            let mut done = Box::pin(self.run_group(turn.next(GROUP)));
            let is_prompt = timeout(PROMPT, &mut done).await.is_ok();
            drop(turn);
            if !is_prompt {
                self.serve();
                return done.await;
            }
            match Turn::begin(&self.queue) {
                Some(next) => turn = next,
                None => return,
            }
        }
    }

    /// Runs a write that is kept out of groups.
    async fn run_apart(self: Arc<Self>, write: Write) {
        let limit = self.pool.acquire_timeout();
        match timeout(limit, self.apart.permit()).await {
            Ok(_permit) => self.run_singly(vec![write]).await,
            Err(_elapsed) => write.reply(Err(Error::no_connection_within(limit))),
        }
    }

    async fn run_group(&self, writes: Vec<Write>) {
        if writes.len() < 2 {
            return self.run_singly(writes).await;
        }
        let count = writes.len() as u64;
        let statements: Vec<&Statement> = writes.iter().flat_map(Write::statements).collect();
        match self.pool.run_transaction(Begin::Group, &statements).await {
            Ok(answers) => {
                self.grouped.fetch_add(count, Ordering::Relaxed);
                let mut answers = answers.into_iter();
                for write in writes {
                    let own = answers.by_ref().take(write.statements().len()).collect();
                    write.reply(Ok(own));
                }
            }
            Err(error) if has_run_nothing(&error) => {
                debug!(count, "a group of writes was rolled back, and each is run singly");
                self.ungrouped.fetch_add(count, Ordering::Relaxed);
                if let Some(culprit) = error.position().and_then(|position| at(position, &writes)) {
                    self.apart.keep(culprit.statements());
                }
                self.run_singly(writes).await;
            }
            Err(error) => {
                for write in writes {
                    write.reply(Err(error.clone()));
                }
            }
        }
    }

    async fn run_singly(&self, writes: Vec<Write>) {
        let wanted = writes.into_iter().filter(|write| !write.is_abandoned());
        join_all(wanted.map(|write| async move {
            let answers = match write.statements() {
                [single] => self.pool.run(single).instrument(write.span()).await.map(|answer| vec![answer]),
                batch => self.pool.run_batch(batch).instrument(write.span()).await,
            };
            if answers.as_ref().is_err_and(has_run_nothing) {
                self.apart.keep(write.statements());
            }
            write.reply(answers);
        }))
        .await;
    }
}

/// The write with the statement at this position in the group.
fn at(position: usize, writes: &[Write]) -> Option<&Write> {
    let mut end = 0;
    writes.iter().find(|write| {
        end += write.statements().len();
        position < end
    })
}

/// Whether a group was rolled back because of one of its writes, so that the others may succeed singly.
fn has_run_nothing(error: &Error) -> bool {
    matches!(error, Error::Refused(_) | Error::ParameterCount { .. }) && !error.is_read_only()
}
