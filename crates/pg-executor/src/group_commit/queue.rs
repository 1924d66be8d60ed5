//! Writes that wait for their turn.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::oneshot;
use tracing::Span;

use crate::{Answer, Error, Statement};

/// A write that somebody waits for.
pub(super) struct Write {
    /// One, or a batch.
    statements: Vec<Statement>,
    /// What it is part of, for the log.
    span: Span,
    reply: oneshot::Sender<Result<Vec<Answer>, Error>>,
}

impl Write {
    pub(super) fn statements(&self) -> &[Statement] {
        &self.statements
    }

    pub(super) fn span(&self) -> Span {
        self.span.clone()
    }

    /// Whether nobody waits for it any more.
    pub(super) fn is_abandoned(&self) -> bool {
        self.reply.is_closed()
    }

    pub(super) fn reply(self, answers: Result<Vec<Answer>, Error>) {
        // It may be that nobody waits for it any more.
        let _ = self.reply.send(answers);
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
    /// Adds a write, and returns where its answers will come.
    pub(super) fn push(&self, statements: Vec<Statement>) -> oneshot::Receiver<Result<Vec<Answer>, Error>> {
        let (reply, answers) = oneshot::channel();
        self.state().waiting.push_back(Write { statements, span: Span::current(), reply });
        answers
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

    /// The writes that have waited longest, without those that nobody waits for any more. Together they have at most `most`
    /// statements, unless the first of them has more.
    pub(super) fn next(&self, most: usize) -> Vec<Write> {
        let mut state = self.0.state();
        let (mut next, mut statements) = (Vec::new(), 0);
        while let Some(write) = state.waiting.pop_front() {
            if write.is_abandoned() {
                continue;
            }
            statements += write.statements.len();
            if statements > most && !next.is_empty() {
                state.waiting.push_front(write);
                break;
            }
            next.push(write);
        }
        next
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.state().is_served = false;
    }
}
