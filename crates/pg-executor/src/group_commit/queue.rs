//! The queue of writes.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::oneshot;
use tracing::Span;

use crate::{Answer, Error, Statement};

/// A write with a waiting caller.
pub(super) struct Write {
    /// One statement, or a batch.
    statements: Vec<Statement>,
    /// The tracing span of the caller.
    span: Span,
    reply: oneshot::Sender<Result<Vec<Answer>, Error>>,
}

impl Write {
    /// A write of the current tracing span, and the receiver of its answers.
    pub(super) fn new(statements: Vec<Statement>) -> (Self, oneshot::Receiver<Result<Vec<Answer>, Error>>) {
        let (reply, answers) = oneshot::channel();
        (Self { statements, span: Span::current(), reply }, answers)
    }

    pub(super) fn statements(&self) -> &[Statement] {
        &self.statements
    }

    pub(super) fn span(&self) -> Span {
        self.span.clone()
    }

    /// Whether the caller has stopped waiting.
    pub(super) fn is_abandoned(&self) -> bool {
        self.reply.is_closed()
    }

    pub(super) fn reply(self, answers: Result<Vec<Answer>, Error>) {
        // This fails if the caller has stopped waiting.
        let _ = self.reply.send(answers);
    }
}

/// Writes in order of arrival.
#[derive(Default)]
pub(super) struct Queue(Mutex<State>);

#[derive(Default)]
struct State {
    waiting: VecDeque<Write>,
    /// Whether a task is running writes. It will also run the queued ones.
    is_served: bool,
}

impl Queue {
    pub(super) fn push(&self, write: Write) {
        self.state().waiting.push_back(write);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right to run writes, which one task has at a time.
pub(super) struct Turn(Arc<Queue>);

impl Turn {
    /// `None` if another task has the turn, or if the queue is empty.
    pub(super) fn begin(queue: &Arc<Queue>) -> Option<Self> {
        let mut state = queue.state();
        if state.is_served || state.waiting.is_empty() {
            return None;
        }
        state.is_served = true;
        Some(Self(Arc::clone(queue)))
    }

    /// Takes the oldest writes and drops abandoned ones. The writes have at most `most` statements in total, unless the first
    /// one alone has more.
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
