//! What values of settings look like.

use std::{num::NonZeroU32, str::FromStr};

use anyhow::{Context, bail};

/// `off`, or something else.
pub(crate) struct Off<T>(pub(crate) Option<T>);

impl<T: FromStr> FromStr for Off<T> {
    type Err = T::Err;

    fn from_str(text: &str) -> Result<Self, T::Err> {
        if text == "off" { Ok(Self(None)) } else { text.parse().map(Some).map(Self) }
    }
}

/// `on` or `off`.
pub(crate) struct Switch(pub(crate) bool);

impl FromStr for Switch {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        match text {
            "on" => Ok(Self(true)),
            "off" => Ok(Self(false)),
            _ => bail!("neither on nor off"),
        }
    }
}

/// So many and no more, or no limit.
pub(crate) struct Limit(pub(crate) Option<NonZeroU32>);

impl Limit {
    /// The highest that can be set.
    const MAX: u32 = 1_000_000;
}

impl FromStr for Limit {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        if text == "off" {
            return Ok(Self(None));
        }
        let number: NonZeroU32 = text.parse()?;
        if number.get() > Self::MAX {
            bail!("more than can be counted");
        }
        Ok(Self(Some(number)))
    }
}

/// The longest time span that is taken: a year. Far longer ones are more than clocks can count on.
const LONGEST_MS: u64 = 365 * 24 * 60 * 60 * 1000;

/// A time span: a whole number and `ms`, `s`, `m`, `h` or `d`, at most a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Duration(pub(crate) std::time::Duration);

impl FromStr for Duration {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let unit_at = text.find(|c: char| !c.is_ascii_digit()).context("no unit")?;
        let (number, unit) = text.split_at(unit_at);
        let milliseconds: u64 = match unit {
            "ms" => 1,
            "s" => 1000,
            "m" => 60 * 1000,
            "h" => 60 * 60 * 1000,
            "d" => 24 * 60 * 60 * 1000,
            _ => bail!("not a unit of time"),
        };
        let span = number.parse::<u64>()?.checked_mul(milliseconds).context("too long")?;
        if !(1..=LONGEST_MS).contains(&span) {
            bail!("no time at all, or longer than anyone waits");
        }
        Ok(Self(std::time::Duration::from_millis(span)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_a_number_or_off() {
        let limit = |text: &str| text.parse::<Limit>().ok().map(|Limit(number)| number.map(NonZeroU32::get));

        for (text, expected) in [("off", None), ("1", Some(1)), ("1000000", Some(1_000_000))] {
            assert_eq!(limit(text), Some(expected), "{text}");
        }
        for text in ["0", "1000001", "4294967296", "-1", "on", ""] {
            assert_eq!(limit(text), None, "{text}");
        }
    }

    #[test]
    fn durations_have_a_unit_and_last_some_time() {
        let milliseconds = |text: &str| text.parse::<Duration>().ok().map(|Duration(span)| span.as_millis());

        for (text, expected) in [("1ms", 1), ("2s", 2000), ("5m", 300_000), ("1h", 3_600_000), ("7d", 604_800_000)] {
            assert_eq!(milliseconds(text), Some(expected), "{text}");
        }
        for text in [
            "",
            "5",
            "s",
            "0s",
            "-1s",
            "1.5s",
            "1 s",
            "1w",
            "366d",
            "213503982334d",
            "99999999999999999999s",
            "18446744073709551615d",
        ] {
            assert_eq!(milliseconds(text), None, "{text}");
        }
    }
}
