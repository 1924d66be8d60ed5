//! Instants with a resolution of one millisecond, and the port that tells the time.

use std::fmt;

use time::{OffsetDateTime, PrimitiveDateTime, UtcOffset};

/// An instant in UTC with a resolution of one millisecond.
///
/// Both databases and JavaScript's `Date` store it exactly, so a client reads the same instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(OffsetDateTime);

impl Timestamp {
    /// The maximum length of an instant's text in bytes. Years before year 0 have a sign.
    pub const MAX_BYTES: usize = "-0000-00-00T00:00:00.000Z".len();

    /// The instant as seconds since 1970-01-01T00:00:00Z, rounded down.
    #[must_use]
    pub fn unix_seconds(self) -> i64 {
        self.0.unix_timestamp()
    }

    /// The instant as milliseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn unix_milliseconds(self) -> i64 {
        self.0.unix_timestamp() * 1000 + i64::from(self.0.millisecond())
    }

    /// The instant this many milliseconds after 1970-01-01T00:00:00Z, or before it if negative. `None` outside the calendar.
    #[must_use]
    pub fn from_unix_milliseconds(milliseconds: i64) -> Option<Self> {
        let nanoseconds = i128::from(milliseconds) * 1_000_000;
        OffsetDateTime::from_unix_timestamp_nanos(nanoseconds).ok().map(Self)
    }

    /// The fraction of the second, in nanoseconds: a whole number of milliseconds.
    #[must_use]
    pub fn subsecond_nanos(self) -> u32 {
        self.0.nanosecond()
    }

    /// Writes the instant as `Display` does, without an allocation.
    ///
    /// Every task has two instants. Interpreting a format description took a sixth of the time of a list.
    pub fn encode(self, buffer: &mut [u8; Self::MAX_BYTES]) -> &str {
        let Self(instant) = self;
        let (hour, minute, second, millisecond) = instant.time().as_hms_milli();
        *buffer = *b"-0000-00-00T00:00:00.000Z";
        put(&mut buffer[1..5], instant.year().unsigned_abs());
        put(&mut buffer[6..8], u8::from(instant.month()).into());
        put(&mut buffer[9..11], instant.day().into());
        put(&mut buffer[12..14], hour.into());
        put(&mut buffer[15..17], minute.into());
        put(&mut buffer[18..20], second.into());
        put(&mut buffer[21..24], millisecond.into());
        let text = if instant.year() < 0 { &buffer[..] } else { &buffer[1..] };
        str::from_utf8(text).unwrap_or_default()
    }
}

impl From<OffsetDateTime> for Timestamp {
    /// Truncates to milliseconds. An instant outside the years -9999 to 9999 in UTC becomes the nearest one inside.
    fn from(instant: OffsetDateTime) -> Self {
        let nearest = if instant.year() > 0 { PrimitiveDateTime::MAX } else { PrimitiveDateTime::MIN };
        let utc = instant.checked_to_offset(UtcOffset::UTC).unwrap_or(nearest.assume_utc());
        Self(utc.truncate_to_millisecond())
    }
}

impl From<Timestamp> for OffsetDateTime {
    fn from(timestamp: Timestamp) -> Self {
        timestamp.0
    }
}

impl fmt::Display for Timestamp {
    /// RFC 3339 in UTC with exactly three decimals: `2026-02-06T10:00:00.000Z`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.encode(&mut [0; Self::MAX_BYTES]))
    }
}

/// Writes a number in decimal, padded with zeros to fill `digits`.
fn put(digits: &mut [u8], mut number: u32) {
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

/// The port that tells the time. All code uses it, so that tests can set the time.
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
    use proptest::prelude::*;
    use time::{format_description::well_known::Rfc3339, macros::datetime};

    use super::*;

    #[test]
    fn an_instant_is_written_with_three_decimals_and_z() {
        assert_eq!(Timestamp::from(datetime!(2026-02-06 10:00 UTC)).to_string(), "2026-02-06T10:00:00.000Z");
        assert_eq!(Timestamp::from(datetime!(2026-02-06 12:00:00.1239 +2)).to_string(), "2026-02-06T10:00:00.123Z");
        assert_eq!(Timestamp::from(datetime!(-44-03-15 12:00 UTC)).to_string(), "-0044-03-15T12:00:00.000Z");
    }

    proptest! {
        #[test]
        fn every_instant_is_written_as_rfc_3339(milliseconds in -62_167_219_200_000_i64..=253_402_300_799_999) {
            let timestamp = Timestamp::from_unix_milliseconds(milliseconds).unwrap();
            let read = OffsetDateTime::parse(&timestamp.to_string(), &Rfc3339).unwrap();
            prop_assert_eq!(read, OffsetDateTime::from(timestamp));
        }
    }

    #[test]
    fn an_instant_survives_conversion_to_milliseconds_and_back() {
        for instant in [datetime!(2026-02-06 10:00:00.123 UTC), datetime!(1969-12-31 23:59:59.999 UTC)] {
            let timestamp = Timestamp::from(instant);
            assert_eq!(Timestamp::from_unix_milliseconds(timestamp.unix_milliseconds()), Some(timestamp));
        }
        assert_eq!(Timestamp::from(datetime!(1970-01-01 00:00:01.002 UTC)).unix_milliseconds(), 1002);
        assert_eq!(Timestamp::from_unix_milliseconds(i64::MAX), None);
    }

    #[test]
    fn an_instant_stays_within_the_calendar() {
        let last = Timestamp::from(datetime!(9999-12-31 23:59:59.999999999 -23:59));
        assert_eq!(last.to_string(), "9999-12-31T23:59:59.999Z");
    }
}
