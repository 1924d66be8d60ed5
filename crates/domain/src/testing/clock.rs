//! A clock and ids that tests know beforehand.

use std::sync::{Mutex, PoisonError, atomic::AtomicU64, atomic::Ordering};

use time::{Duration, OffsetDateTime, macros::datetime};
use uuid::Uuid;

use crate::{Clock, IdSource, Timestamp};

/// A clock that stands still until a test moves it. It starts at 2026-02-06T10:00:00.000Z.
#[derive(Debug)]
pub struct FixedClock(Mutex<Timestamp>);

impl FixedClock {
    /// Moves the clock, forwards or backwards.
    pub fn advance(&self, by: Duration) {
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *now = (OffsetDateTime::from(*now) + by).into();
    }
}

impl Default for FixedClock {
    fn default() -> Self {
        Self(Mutex::new(datetime!(2026-02-06 10:00 UTC).into()))
    }
}

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Creates the same ids in every run: UUIDs of version 7 that count up from 1970.
#[derive(Debug, Default)]
pub struct SequentialIds(AtomicU64);

impl IdSource for SequentialIds {
    fn next(&self, _now: Timestamp) -> Uuid {
        let count = self.0.fetch_add(1, Ordering::Relaxed) + 1;
        let version_and_variant = 0x7000_8000_0000_0000_0000_u128;
        Uuid::from_u128(version_and_variant | u128::from(count))
    }
}
