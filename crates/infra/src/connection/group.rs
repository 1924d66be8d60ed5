//! Changes that are committed together.
//!
//! To commit a change takes Postgres longer than to make it. A thread has a few changes under way at once, and those that come
//! meanwhile wait until one of these has ended. Then they are made together, over one connection: a statement for each, as
//! it would be on its own, and one commit for all.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use sea_orm::{DbErr, Statement};
use tokio::sync::oneshot;

use super::session::Answer;

/// How many connections of a thread make changes at once, besides those over which something is slow.
pub(super) const AT_ONCE: usize = 2;

/// How many changes are committed together at the most.
const MOST: usize = 32;

/// How long those that wait wait for one that is under way: it may be that one waits for a lock.
pub(super) const PROMPT: Duration = Duration::from_millis(50);

/// A change that somebody waits for.
pub(super) struct Change {
    pub(super) statement: Statement,
    pub(super) done: oneshot::Sender<Result<Answer, DbErr>>,
}

/// The changes of one thread.
#[derive(Default)]
pub(super) struct Group {
    state: Mutex<State>,
    together: AtomicU64,
}

#[derive(Default)]
struct State {
    under_way: usize,
    waiting: VecDeque<Change>,
}

/// A place among those that make changes.
pub(super) struct Lane(Arc<Group>);

impl Group {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a change.
    pub(super) fn add(&self, change: Change) {
        self.state().waiting.push_back(change);
    }

    /// A place, if there is one and something to do.
    pub(super) fn lane(self: &Arc<Self>) -> Option<Lane> {
        let mut state = self.state();
        if state.waiting.is_empty() || state.under_way >= *LANES_T {
            return None;
        }
        state.under_way += 1;
        Some(Lane(Arc::clone(self)))
    }

    pub(super) fn together(&self) -> u64 {
        self.together.load(Ordering::Relaxed)
    }

    pub(super) fn committed(&self, changes: usize) {
        self.together.fetch_add(changes as u64, Ordering::Relaxed);
    }
}

impl Lane {
    /// What waits, for as long as somebody waits for it.
    pub(super) fn next(&self) -> Vec<Change> {
        let mut state = self.0.state();
        let mut next = Vec::new();
        while next.len() < *MOST_T
            && let Some(change) = state.waiting.pop_front()
        {
            if !change.done.is_closed() {
                next.push(change);
            }
        }
        next
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        self.0.state().under_way -= 1;
    }
}

fn tune(name: &str, default: usize) -> usize { std::env::var(name).ok().and_then(|v| v.parse().ok()).unwrap_or(default) }
static LANES_T: std::sync::LazyLock<usize> = std::sync::LazyLock::new(|| tune("T_LANES", AT_ONCE));
static MOST_T: std::sync::LazyLock<usize> = std::sync::LazyLock::new(|| tune("T_MOST", MOST));
pub(super) static YIELD_T: std::sync::LazyLock<usize> = std::sync::LazyLock::new(|| tune("T_YIELD", 0));
