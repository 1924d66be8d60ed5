//! So many a second for each key, and a second's worth at once.

use std::{hash::Hash, num::NonZeroU32, time::Instant};

use governor::{
    Quota, RateLimiter, clock::Clock, middleware::StateInformationMiddleware, state::keyed::DashMapStateStore,
};

/// A limit that each key has for itself.
pub(super) struct Rate<K: Hash + Eq + Clone> {
    limiter: RateLimiter<K, DashMapStateStore<K>, TokioClock, StateInformationMiddleware>,
}

impl<K: Hash + Eq + Clone> Rate<K> {
    pub(super) fn new(per_second: NonZeroU32) -> Self {
        let limiter = RateLimiter::dashmap_with_clock(Quota::per_second(per_second), TokioClock).with_middleware();
        Self { limiter }
    }

    /// Takes one, and tells how many more could be taken at once; `None` if there is none to take. Then there is one
    /// after a second at the latest, since the limit is one a second at the least.
    pub(super) fn take(&self, key: &K) -> Option<u32> {
        self.limiter.check_key(key).ok().map(|state| state.remaining_burst_capacity())
    }

    /// Forgets the keys that could take a second's worth again: they are as good as new.
    pub(super) fn forget_quiet(&self) {
        self.limiter.retain_recent();
        self.limiter.shrink_to_fit();
    }

    pub(super) fn remembered(&self) -> usize {
        self.limiter.len()
    }
}

/// The monotonic clock, by way of tokio: tests can stop it.
struct TokioClock;

impl Clock for TokioClock {
    type Instant = Instant;

    fn now(&self) -> Instant {
        tokio::time::Instant::now().into_std()
    }
}
