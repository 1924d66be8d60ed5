//! Writes that are kept out of groups for a while, because they or their like have made a group fail.
//!
//! When a group fails, each of its writes needs a commit of its own. A client that sends such writes all the time, such as creates
//! of a user who no longer exists, or changes of a row that is always locked, would slow down everybody else's writes.

use std::{
    hash::{BuildHasher, RandomState},
    time::{Duration, Instant},
};

use quick_cache::sync::Cache;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::Statement;

/// How long a write and its like are kept out of groups.
const SPAN: Duration = Duration::from_secs(1);

/// How many kinds of writes are remembered. Further ones replace the oldest.
const CAPACITY: usize = 1000;

/// What is kept out of groups. Two writes are alike if their first statements have the same SQL and the same first parameter: in
/// tables whose rows have owners, the owner.
pub(super) struct Apart {
    since: Cache<u64, Instant>,
    hasher: RandomState,
    connections: Semaphore,
}

impl Apart {
    /// Lets such writes use a quarter of so many connections, but at least one.
    pub(super) fn new(connections: usize) -> Self {
        let connections = Semaphore::new((connections / 4).max(1));
        Self { since: Cache::new(CAPACITY), hasher: RandomState::new(), connections }
    }

    /// Keeps writes like this one out of groups from now on.
    pub(super) fn keep(&self, write: &[Statement]) {
        self.since.insert(self.likeness(write), Instant::now());
    }

    /// Whether a write like this one has made a group fail lately.
    pub(super) fn has(&self, write: &[Statement]) -> bool {
        if self.since.is_empty() {
            return false;
        }
        let likeness = self.likeness(write);
        let is_recent = self.since.get(&likeness).map(|since| since.elapsed() < SPAN);
        if is_recent == Some(false) {
            self.since.remove(&likeness);
        }
        is_recent == Some(true)
    }

    /// Waits until one more of these writes may use a connection.
    pub(super) async fn permit(&self) -> Option<SemaphorePermit<'_>> {
        self.connections.acquire().await.ok()
    }

    fn likeness(&self, write: &[Statement]) -> u64 {
        self.hasher.hash_one(write.first().map(|statement| (&statement.sql, statement.parameters.first())))
    }
}
