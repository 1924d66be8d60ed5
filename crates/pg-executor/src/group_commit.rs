//! Writes that are committed together.
//!
//! To commit a write takes Postgres more work than to make it. So one group of writes is under way at a time, and those that are
//! asked for meanwhile form the next: over one connection and in one transaction. A single write is run as it is. A write is one
//! statement, or a batch of statements that take effect together.
//!
//! For callers it makes no difference but in time:
//!
//! - Nobody gets an answer before the transaction is committed.
//! - When Postgres refuses one of the writes, it rolls back all of them, and each is then run singly, so that nobody gets the
//!   error of another one.
//! - Nobody waits for long for what another write waits for. After [`PROMPT`] the next group goes on beside this one. Soon after
//!   that, a group that waits for a lock is rolled back and its writes are run singly.

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
use queue::{Queue, Turn, Write};

/// How long writes wait for the group that is under way. If that takes longer, it waits for something itself, such as a lock, a
/// slow disk or a connection, and there is no gain in waiting with it.
const PROMPT: Duration = Duration::from_millis(5);

/// How many statements a group has at most: more gain little, and hold their locks for longer. A batch of more forms a group
/// by itself.
const GROUP: usize = 30;

/// Commits writes in groups.
pub(crate) struct GroupCommit(Arc<Inner>);

struct Inner {
    pool: Arc<Pool>,
    queue: Arc<Queue>,
    /// How many writes were committed together with others.
    grouped: AtomicU64,
    /// How many writes were rolled back together with others, and then run singly.
    ungrouped: AtomicU64,
}

impl GroupCommit {
    /// Writes over the connections of this pool.
    pub(crate) fn new(pool: Arc<Pool>) -> Self {
        let (queue, grouped, ungrouped) = Default::default();
        Self(Arc::new(Inner { pool, queue, grouped, ungrouped }))
    }

    /// Runs a write, together with others if there are any. Once its turn has come, it is run even if nobody waits for it any
    /// more.
    pub(crate) async fn run(&self, write: Vec<Statement>) -> Result<Vec<Answer>, Error> {
        let answers = self.0.queue.push(write);
        self.0.serve();
        answers.await.unwrap_or(Err(Error::Closed))
    }

    pub(crate) fn statistics(&self) -> Statistics {
        let [grouped, ungrouped] = [&self.0.grouped, &self.0.ungrouped].map(|count| count.load(Ordering::Relaxed));
        Statistics { grouped, ungrouped, ..Default::default() }
    }
}

impl Inner {
    /// Sees to it that what waits is run.
    fn serve(self: &Arc<Self>) {
        if let Some(turn) = Turn::begin(&self.queue) {
            tokio::spawn(Arc::clone(self).run_all(turn));
        }
    }

    /// Runs what waits, until nothing does.
    async fn run_all(self: Arc<Self>, mut turn: Turn) {
        loop {
            // Whoever is about to ask for a write does so first.
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
            write.reply(answers);
        }))
        .await;
    }
}

/// Whether a group came to nothing because of one of its writes, so that the others may succeed by themselves.
fn has_run_nothing(error: &Error) -> bool {
    matches!(error, Error::Refused(_) | Error::ParameterCount { .. }) && !error.is_read_only()
}
