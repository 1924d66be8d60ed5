//! A bucket of units that refills evenly within a second.

use std::{num::NonZeroU32, time::Duration};

use tokio::time::Instant;

const SECOND: Duration = Duration::from_secs(1);

/// Holds as many units as it gets in a second. More units may be spent than are left; they are missing afterwards.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bucket {
    full_at: Instant,
}

impl Bucket {
    pub(super) fn full(now: Instant) -> Self {
        Self { full_at: now }
    }

    /// Whether a unit is left.
    pub(super) fn has_one(&self, now: Instant, per_second: NonZeroU32) -> bool {
        self.full_at.saturating_duration_since(now) + SECOND / per_second.get() <= SECOND
    }

    pub(super) fn spend(&mut self, now: Instant, per_second: NonZeroU32) {
        self.full_at = self.full_at.max(now) + SECOND / per_second.get();
    }

    pub(super) fn is_full(&self, now: Instant) -> bool {
        self.full_at <= now
    }
}
