//! A rate limit for each client address, which can be asked without being used.

use std::{
    collections::HashMap,
    net::IpAddr,
    num::NonZeroU32,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::rate::Rate;

/// A number per second for each address, and the same number at once.
pub(super) struct AddressRate {
    rate: Rate<IpAddr>,
    /// How long it takes until one more is allowed.
    interval: Duration,
    /// The addresses that have reached the limit, and until when.
    exhausted: Mutex<HashMap<IpAddr, Instant>>,
}

impl AddressRate {
    pub(super) fn new(per_second: NonZeroU32) -> Self {
        let interval = Duration::from_secs(1) / per_second.get();
        Self { rate: Rate::new(per_second), interval, exhausted: Mutex::default() }
    }

    /// Whether the address has reached the limit. Takes nothing.
    pub(super) fn is_exhausted(&self, address: IpAddr) -> bool {
        self.exhausted().get(&address).is_some_and(|until| Instant::now() < *until)
    }

    /// Takes one unit and returns whether it was available.
    pub(super) fn take(&self, address: IpAddr) -> bool {
        let left = self.rate.take(&address);
        // Known at the last unit, so that no work is done for the request after it.
        if left.is_none_or(|left| left == 0) {
            self.exhausted().insert(address, Instant::now() + self.interval);
        }
        left.is_some()
    }

    /// Forgets the addresses whose whole limit is available again.
    pub(super) fn forget_idle(&self) {
        self.rate.forget_idle();
        let now = Instant::now();
        let mut exhausted = self.exhausted();
        exhausted.retain(|_, until| now < *until);
        exhausted.shrink_to_fit();
    }

    pub(super) fn remembered(&self) -> usize {
        self.rate.remembered()
    }

    fn exhausted(&self) -> MutexGuard<'_, HashMap<IpAddr, Instant>> {
        self.exhausted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
