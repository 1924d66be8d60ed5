//! The port that creates ids.

use std::{panic::AssertUnwindSafe, sync::Mutex};

use uuid::{ContextV7, Uuid};

use crate::Timestamp;

/// Creates ids.
pub trait IdSource: Send + Sync {
    /// A new id for something created at `now`. Each id is greater than the one before.
    fn next(&self, now: Timestamp) -> Uuid;
}

/// Creates UUIDs of version 7: ordered by time, and unique without coordination between replicas.
///
/// Ids keep growing within one millisecond and after the clock was set back.
#[derive(Debug, Default)]
pub struct UuidV7Ids {
    context: Mutex<AssertUnwindSafe<ContextV7>>,
}

impl IdSource for UuidV7Ids {
    fn next(&self, now: Timestamp) -> Uuid {
        // A UUID cannot hold an instant before 1970. A machine with such a clock still gets unique ids.
        let seconds = u64::try_from(now.unix_seconds()).unwrap_or(0);
        let timestamp = uuid::Timestamp::from_unix(&self.context, seconds, now.subsecond_nanos());
        Uuid::new_v7(timestamp)
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn ids_grow_when_the_clock_stands_still_or_goes_back() {
        let ids = UuidV7Ids::default();
        let later = Timestamp::from(datetime!(2026-02-06 10:00 UTC));
        let earlier = Timestamp::from(datetime!(2026-02-06 09:59 UTC));

        let made: Vec<Uuid> = [later, later, later, earlier, earlier].map(|now| ids.next(now)).into();

        assert!(made.is_sorted(), "{made:?}");
        assert!(made.windows(2).all(|pair| pair[0] != pair[1]));
    }
}
