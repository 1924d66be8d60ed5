//! Changes that are committed together.
//!
//! To commit a change takes Postgres more work than to make it. So a thread makes one at a time, and those that are asked for
//! meanwhile are made after it together: each by its own statement, over one connection and in one transaction. A lone one is
//! made as ever.
//!
//! For those who ask it makes no difference but in time:
//!
//! - Nobody is told anything before the transaction is committed.
//! - Where one of them is refused, Postgres takes back all of them, and each is made anew alone, so that nobody is told of an error
//!   that is another's.
//! - Nobody waits for long for what another one's change waits for: after [`PROMPT`] those that come later go on without it, and
//!   soon after that those that are made together with it.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures_util::future::join_all;
use sea_orm::{ConnAcquireErr, DbErr, Statement};
use tokio::{sync::oneshot, task::yield_now, time::timeout};
use tracing::{Instrument, Span, debug};

use super::{
    counters::DatabaseStatistics,
    opener::Opener,
    pool::{Pool, Run},
    session::{Answer, Session},
};

/// How long changes wait for those that are being made. If these take longer, they wait for something themselves, such as a
/// lock, a slow disk or a connection, and there is no gain in waiting with them.
const PROMPT: Duration = Duration::from_millis(5);

/// How many changes are committed together at the most: more gain little, and hold their locks for longer. So many futures
/// [`join_all`] polls in their order, which is that of sending; further ones not necessarily.
pub(super) const MOST: usize = 30;

/// The changes of one thread.
pub(super) struct GroupCommit(Arc<Shared>);

struct Shared {
    connections: Pool<Opener>,
    queue: Mutex<Queue>,
    /// How many changes were committed together with others.
    grouped: AtomicU64,
    /// How many changes were taken back together with others, and made anew alone.
    ungrouped: AtomicU64,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Change>,
    /// Whether someone makes changes, and will go on with those that wait.
    is_served: bool,
}

/// A change that somebody waits for.
struct Change {
    statement: Statement,
    /// What it is part of, for the log.
    span: Span,
    done: oneshot::Sender<Result<Answer, DbErr>>,
}

impl GroupCommit {
    /// Changes over these connections.
    pub(super) fn new(connections: Pool<Opener>) -> Self {
        let (queue, grouped, ungrouped) = Default::default();
        Self(Arc::new(Shared { connections, queue, grouped, ungrouped }))
    }

    /// Makes a change, together with others if there are any. Once its turn has come, it is made even if nobody waits for it any
    /// more.
    pub(super) async fn make(&self, statement: Statement) -> Result<Answer, DbErr> {
        let (done, answer) = oneshot::channel();
        self.0.queue().waiting.push_back(Change { statement, span: Span::current(), done });
        self.0.serve();
        answer.await.unwrap_or(Err(DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed)))
    }

    /// Runs a statement over a connection to itself.
    pub(super) async fn run_alone(&self, statement: &Statement) -> Result<Answer, DbErr> {
        self.0.run_alone(statement).await
    }

    pub(super) fn statistics(&self) -> DatabaseStatistics {
        let [grouped, ungrouped] = [&self.0.grouped, &self.0.ungrouped].map(|count| count.load(Ordering::Relaxed));
        DatabaseStatistics { grouped, ungrouped, ..self.0.connections.statistics() }
    }

    /// Lets nobody have a connection any more, and closes those that nobody has.
    pub(super) async fn close(&self) {
        self.0.connections.close().await;
    }
}

impl Shared {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sees to it that what waits is made.
    fn serve(self: &Arc<Self>) {
        if let Some(turn) = Turn::begin(self) {
            tokio::spawn(Arc::clone(self).make_all(turn));
        }
    }

    /// Makes what waits, until nothing does.
    async fn make_all(self: Arc<Self>, mut turn: Turn) {
        loop {
            // Whoever is about to ask for a change does so first.
            yield_now().await;
            let mut made = Box::pin(self.make(turn.next()));
            let is_prompt = timeout(PROMPT, &mut made).await.is_ok();
            drop(turn);
            if !is_prompt {
                self.serve();
                return made.await;
            }
            match Turn::begin(&self) {
                Some(next) => turn = next,
                None => return,
            }
        }
    }

    async fn make(&self, changes: Vec<Change>) {
        if changes.len() < 2 {
            return self.make_each_alone(changes).await;
        }
        let statements: Vec<&Statement> = changes.iter().map(|change| &change.statement).collect();
        match self.connections.run_once(&Together(&statements)).await {
            Ok(Some(answers)) => {
                self.grouped.fetch_add(changes.len() as u64, Ordering::Relaxed);
                for (change, answer) in changes.into_iter().zip(answers) {
                    change.answer(Ok(answer));
                }
            }
            Ok(None) => {
                debug!(changes = changes.len(), "changes were taken back, and each is made anew alone");
                self.ungrouped.fetch_add(changes.len() as u64, Ordering::Relaxed);
                self.make_each_alone(changes).await;
            }
            // Nobody knows what has become of them.
            Err(failure) => {
                let error = failure.during(DbErr::Query);
                for change in changes {
                    change.answer(Err(error.clone()));
                }
            }
        }
    }

    async fn make_each_alone(&self, changes: Vec<Change>) {
        let wanted = changes.into_iter().filter(|change| !change.done.is_closed());
        join_all(wanted.map(|change| async move {
            let answer = self.run_alone(&change.statement).instrument(change.span.clone()).await;
            change.answer(answer);
        }))
        .await;
    }

    async fn run_alone(&self, statement: &Statement) -> Result<Answer, DbErr> {
        self.connections.run(&Alone(statement)).await.map_err(|failure| failure.during(DbErr::Query))
    }
}

impl Change {
    fn answer(self, answer: Result<Answer, DbErr>) {
        // It may be that nobody waits for it any more.
        let _ = self.done.send(answer);
    }
}

/// The turn to make changes, which one has at a time.
struct Turn(Arc<Shared>);

impl Turn {
    /// None if another one has it, or if there is nothing to do.
    fn begin(shared: &Arc<Shared>) -> Option<Self> {
        let mut queue = shared.queue();
        if queue.is_served || queue.waiting.is_empty() {
            return None;
        }
        queue.is_served = true;
        Some(Self(Arc::clone(shared)))
    }

    /// The changes that have waited longest, without those that nobody waits for any more.
    fn next(&self) -> Vec<Change> {
        let mut queue = self.0.queue();
        let mut next = Vec::new();
        while next.len() < MOST
            && let Some(change) = queue.waiting.pop_front()
        {
            if !change.done.is_closed() {
                next.push(change);
            }
        }
        next
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.queue().is_served = false;
    }
}

/// A statement to itself.
pub(super) struct Alone<'s>(pub(super) &'s Statement);

struct Together<'s>(&'s [&'s Statement]);

impl Run for Alone<'_> {
    type Source = Opener;
    type Output = Answer;

    async fn run_on(&self, session: &mut Session) -> Result<Answer, sqlx::Error> {
        session.run(self.0).await
    }
}

impl Run for Together<'_> {
    type Source = Opener;
    type Output = Option<Vec<Answer>>;

    async fn run_on(&self, session: &mut Session) -> Result<Option<Vec<Answer>>, sqlx::Error> {
        session.run_together(self.0).await
    }
}
