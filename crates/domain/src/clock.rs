//! Time, to the millisecond, and the port it comes through.

use std::fmt;

use time::{OffsetDateTime, UtcOffset, format_description::BorrowedFormatItem, macros::format_description};

/// An instant in UTC with a resolution of one millisecond.
///
/// Both databases and JavaScript's `Date` hold it exactly, so that what a client reads is what was stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(OffsetDateTime);

impl Timestamp {
    /// RFC 3339 in UTC with exactly three decimals: `2026-02-06T10:00:00.000Z`.
    const WIRE_FORMAT: &'static [BorrowedFormatItem<'static>] =
        format_description!(version = 2, "[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");

    /// The instant as seconds since 1970-01-01T00:00:00Z, rounded down.
    #[must_use]
    pub fn unix_seconds(self) -> i64 {
        self.0.unix_timestamp()
    }

    /// The fraction of the second, in nanoseconds: a whole number of milliseconds.
    #[must_use]
    pub fn subsecond_nanos(self) -> u32 {
        self.0.nanosecond()
    }
}

impl From<OffsetDateTime> for Timestamp {
    /// Cuts what is finer than a millisecond. An instant that leaves the calendar when moved to UTC (within a day of the
    /// years -9999 or 9999) keeps its own offset, which does not change the instant.
    fn from(instant: OffsetDateTime) -> Self {
        let utc = instant.checked_to_offset(UtcOffset::UTC).unwrap_or(instant);
        Self(utc.truncate_to_millisecond())
    }
}

impl From<Timestamp> for OffsetDateTime {
    fn from(timestamp: Timestamp) -> Self {
        timestamp.0
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.format(Self::WIRE_FORMAT).map_err(|_unformattable| fmt::Error)?;
        f.write_str(&text)
    }
}

/// The port through which all code learns what time it is.
pub trait Clock: Send + Sync {
    /// The current instant.
    fn now(&self) -> Timestamp;
}

/// The clock of the machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock that everything else asks")]
    fn now(&self) -> Timestamp {
        OffsetDateTime::now_utc().into()
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn is_written_with_three_decimals_and_z() {
        assert_eq!(Timestamp::from(datetime!(2026-02-06 10:00 UTC)).to_string(), "2026-02-06T10:00:00.000Z");
        assert_eq!(Timestamp::from(datetime!(2026-02-06 12:00:00.1239 +2)).to_string(), "2026-02-06T10:00:00.123Z");
    }
}
