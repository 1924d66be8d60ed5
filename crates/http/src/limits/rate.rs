//! A rate for each key: so many a second, and as many at once.

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

    /// Takes one, and returns how many more could be taken at once; `None` if there is none to take. The lowest limit is one a
    /// second, so there is one again after a second.
    pub(super) fn take(&self, key: &K) -> Option<u32> {
        self.limiter.check_key(key).ok().map(|state| state.remaining_burst_capacity())
    }

    /// Forgets the keys whose whole limit is available again: they are like new.
    pub(super) fn forget_idle(&self) {
        self.limiter.retain_recent();
        self.limiter.shrink_to_fit();
    }

    pub(super) fn remembered(&self) -> usize {
        self.limiter.len()
    }
}

/// The monotonic clock of tokio, which tests can stop.
struct TokioClock;

impl Clock for TokioClock {
    type Instant = Instant;

    fn now(&self) -> Instant {
        tokio::time::Instant::now().into_std()
    }
}
