//! A rate limit for each key: a number per second, and the same number at once.

use std::{hash::Hash, num::NonZeroU32, time::Instant};

use governor::{
    Quota, RateLimiter, clock::Clock, middleware::StateInformationMiddleware, state::keyed::DashMapStateStore,
};

/// A separate limit for each key.
pub(super) struct Rate<K: Hash + Eq + Clone> {
    limiter: RateLimiter<K, DashMapStateStore<K>, TokioClock, StateInformationMiddleware>,
}

impl<K: Hash + Eq + Clone> Rate<K> {
    pub(super) fn new(per_second: NonZeroU32) -> Self {
        let limiter = RateLimiter::dashmap_with_clock(Quota::per_second(per_second), TokioClock).with_middleware();
        Self { limiter }
    }

    /// Takes one unit and returns how many are left; `None` if none is available. The lowest limit is one per second, so a unit
    /// is available again after a second.
    pub(super) fn take(&self, key: &K) -> Option<u32> {
        self.limiter.check_key(key).ok().map(|state| state.remaining_burst_capacity())
    }

    /// Forgets the keys whose whole limit is available again.
    pub(super) fn forget_idle(&self) {
        self.limiter.retain_recent();
        self.limiter.shrink_to_fit();
    }

    pub(super) fn remembered(&self) -> usize {
        self.limiter.len()
    }
}

/// Tokio's monotonic clock, which tests can pause.
struct TokioClock;

impl Clock for TokioClock {
    type Instant = Instant;

    fn now(&self) -> Instant {
        tokio::time::Instant::now().into_std()
    }
}
