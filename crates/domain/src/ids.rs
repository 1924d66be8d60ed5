//! The port that new task ids come through.

use std::{panic::AssertUnwindSafe, sync::Mutex};

use uuid::{ContextV7, Uuid};

use crate::{TaskId, Timestamp};

/// The port through which new ids come.
pub trait IdSource: Send + Sync {
    /// A fresh id for a task made at `now`. Ids of one source grow from call to call.
    fn next(&self, now: Timestamp) -> TaskId;
}

/// UUIDs of version 7: ordered by time, unique without coordination between replicas.
///
/// Ids made in the same millisecond, or after the clock was set back, still grow.
#[derive(Debug, Default)]
pub struct UuidV7Ids {
    context: Mutex<AssertUnwindSafe<ContextV7>>,
}

impl IdSource for UuidV7Ids {
    fn next(&self, now: Timestamp) -> TaskId {
        // Instants before 1970 have no place in a UUID; a machine whose clock stands there still gets unique ids.
        let seconds = u64::try_from(now.unix_seconds()).unwrap_or(0);
        let timestamp = uuid::Timestamp::from_unix(&self.context, seconds, now.subsecond_nanos());
        TaskId::from(Uuid::new_v7(timestamp))
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn ids_grow_even_when_the_clock_stands_still_or_goes_back() {
        let ids = UuidV7Ids::default();
        let later = Timestamp::from(datetime!(2026-02-06 10:00 UTC));
        let earlier = Timestamp::from(datetime!(2026-02-06 09:59 UTC));

        let made: Vec<TaskId> = [later, later, later, earlier, earlier].map(|now| ids.next(now)).into();

        assert!(made.is_sorted(), "{made:?}");
        assert!(made.windows(2).all(|pair| pair[0] != pair[1]));
    }
}
