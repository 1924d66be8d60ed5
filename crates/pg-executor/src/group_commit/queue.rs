//! Writes that wait for their turn.

use std::{
    borrow::Borrow,
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::oneshot;
use tracing::Span;

use crate::{Answer, Error, Statement};

/// A write that somebody waits for.
pub(super) struct Write {
    statement: Statement,
    /// What it is part of, for the log.
    span: Span,
    reply: oneshot::Sender<Result<Answer, Error>>,
}

impl Write {
    pub(super) fn statement(&self) -> &Statement {
        &self.statement
    }

    pub(super) fn span(&self) -> Span {
        self.span.clone()
    }

    /// Whether nobody waits for it any more.
    pub(super) fn is_abandoned(&self) -> bool {
        self.reply.is_closed()
    }

    pub(super) fn reply(self, answer: Result<Answer, Error>) {
        // It may be that nobody waits for it any more.
        let _ = self.reply.send(answer);
    }
}

impl Borrow<Statement> for Write {
    fn borrow(&self) -> &Statement {
        &self.statement
    }
}

/// Writes in the order in which they were asked for.
#[derive(Default)]
pub(super) struct Queue(Mutex<State>);

#[derive(Default)]
struct State {
    waiting: VecDeque<Write>,
    /// Whether somebody runs writes, and will go on with those that wait.
    is_served: bool,
}

impl Queue {
    /// Adds a write, and returns where its answer will come.
    pub(super) fn push(&self, statement: Statement) -> oneshot::Receiver<Result<Answer, Error>> {
        let (reply, answer) = oneshot::channel();
        self.state().waiting.push_back(Write { statement, span: Span::current(), reply });
        answer
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right to run writes, which one task has at a time.
pub(super) struct Turn(Arc<Queue>);

impl Turn {
    /// `None` if another task has it, or if nothing waits.
    pub(super) fn begin(queue: &Arc<Queue>) -> Option<Self> {
        let mut state = queue.state();
        if state.is_served || state.waiting.is_empty() {
            return None;
        }
        state.is_served = true;
        Some(Self(Arc::clone(queue)))
    }

    /// The writes that have waited longest, `most` of them at most, without those that nobody waits for any more.
    pub(super) fn next(&self, most: usize) -> Vec<Write> {
        let mut state = self.0.state();
        let mut next = Vec::new();
        while next.len() < most
            && let Some(write) = state.waiting.pop_front()
        {
            if !write.is_abandoned() {
                next.push(write);
            }
        }
        next
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.state().is_served = false;
    }
}
