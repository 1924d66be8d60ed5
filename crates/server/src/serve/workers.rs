//! Gives each serving thread its own database connections.

use std::{
    sync::{Arc, Mutex, PoisonError},
    thread::{self, ThreadId},
};

use async_trait::async_trait;
use domain::{RepositoryError, Session, SessionStore};
use infra::SeaOrmSessions;

/// The serving threads, in the order of their first access.
#[derive(Debug, Clone, Default)]
pub(super) struct Workers(Arc<Mutex<Vec<ThreadId>>>);

impl Workers {
    /// The number of this thread, counted from 0.
    fn number(&self) -> usize {
        let mut threads = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let this = thread::current().id();
        threads.iter().position(|thread| *thread == this).unwrap_or_else(|| {
            threads.push(this);
            threads.len() - 1
        })
    }
}

/// A value for each worker. If there are fewer values than workers, some workers share one. There must be at least one value.
pub(super) struct PerWorker<T> {
    pub(super) values: Vec<T>,
    pub(super) workers: Workers,
}

impl<T> PerWorker<T> {
    /// The value of this thread.
    pub(super) fn mine(&self) -> &T {
        &self.values[self.workers.number() % self.values.len()]
    }
}

/// Looks up sessions over the calling thread's connections.
#[async_trait]
impl SessionStore for PerWorker<SeaOrmSessions> {
    async fn session(&self, token: &str) -> Result<Option<Session>, RepositoryError> {
        self.mine().session(token).await
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::{PerWorker, Workers};

    #[test]
    fn a_thread_keeps_its_value_and_shares_it_if_there_are_few() {
        let workers = Workers::default();
        let letters = PerWorker { values: vec!['a', 'b'], workers: workers.clone() };
        let numbers = PerWorker { values: vec![0, 1, 2], workers };
        let on_a_thread = || thread::scope(|scope| scope.spawn(|| (*letters.mine(), *numbers.mine())).join().unwrap());

        assert_eq!((*letters.mine(), *letters.mine()), ('a', 'a'));
        assert_eq!(on_a_thread(), ('b', 1));
        assert_eq!(on_a_thread(), ('a', 2));
        assert_eq!((*letters.mine(), *numbers.mine()), ('a', 0));
    }
}
