//! The formats of settings: how a value is parsed, and how an error describes the format.

use std::{fmt::Display, ops::RangeInclusive, str::FromStr, time::Duration};

use secrecy::SecretString;

/// A kind of value.
pub(crate) trait Format<T>: Sync {
    /// A description of valid values, to follow "must be" in an error.
    fn expects(&self) -> String;

    /// Parses a value. `None` if the text is invalid.
    fn parse(&self, text: &str) -> Option<T>;

    /// Whether blanks around the text are part of the value.
    fn keeps_blanks(&self) -> bool {
        false
    }
}

/// One of these words.
pub(crate) struct OneOf<T: 'static>(pub(crate) &'static [(&'static str, T)]);

/// `on` or `off`.
pub(crate) const SWITCH: OneOf<bool> = OneOf(&[("on", true), ("off", false)]);

impl<T: Copy + Sync> Format<T> for OneOf<T> {
    fn expects(&self) -> String {
        let words: Vec<&str> = self.0.iter().map(|(word, _)| *word).collect();
        match words.split_last() {
            Some((last, others)) if !others.is_empty() => format!("{} or {last}", others.join(", ")),
            _ => words.concat(),
        }
    }

    fn parse(&self, text: &str) -> Option<T> {
        self.0.iter().find(|(word, _)| *word == text).map(|(_, value)| *value)
    }
}

/// A whole number within a range.
pub(crate) struct Number<T>(pub(crate) RangeInclusive<T>);

impl<T: FromStr + PartialOrd + Display + Sync> Format<T> for Number<T> {
    fn expects(&self) -> String {
        format!("a number from {} to {}", self.0.start(), self.0.end())
    }

    fn parse(&self, text: &str) -> Option<T> {
        text.parse().ok().filter(|number| self.0.contains(number))
    }
}

/// A value of another format, or `off`.
pub(crate) struct OrOff<F>(pub(crate) F);

impl<T, F: Format<T>> Format<Option<T>> for OrOff<F> {
    fn expects(&self) -> String {
        format!("{}, or off", self.0.expects())
    }

    fn parse(&self, text: &str) -> Option<Option<T>> {
        if text == "off" { Some(None) } else { self.0.parse(text).map(Some) }
    }
}

/// A duration: a whole number and `ms`, `s`, `m`, `h` or `d`. It is greater than zero unless zero is allowed.
pub(crate) struct Span {
    examples: &'static str,
    shorter_than: Option<&'static str>,
    at_least: Option<Duration>,
    at_most: Option<Duration>,
    may_be_zero: bool,
}

impl Span {
    /// The maximum of all durations: a year. Much longer ones overflow clocks.
    const LONGEST: Duration = Duration::from_hours(365 * 24);

    pub(crate) const fn such_as(examples: &'static str) -> Self {
        Self { examples, shorter_than: None, at_least: None, at_most: None, may_be_zero: false }
    }

    /// Adds to the description that the value must be shorter than another setting's. The code that reads the settings compares
    /// them.
    pub(crate) const fn shorter_than(self, setting: &'static str) -> Self {
        Self { shorter_than: Some(setting), ..self }
    }

    pub(crate) const fn or_zero(self) -> Self {
        Self { may_be_zero: true, ..self }
    }

    pub(crate) const fn at_least(self, shortest: Duration) -> Self {
        Self { at_least: Some(shortest), ..self }
    }

    pub(crate) const fn at_most(self, longest: Duration) -> Self {
        Self { at_most: Some(longest), ..self }
    }
}

impl Format<Duration> for Span {
    fn expects(&self) -> String {
        let examples = self.examples;
        match (self.shorter_than, self.at_least, self.at_most) {
            (Some(setting), ..) => format!("a duration shorter than {setting}, such as {examples}"),
            (None, Some(shortest), _) => format!("a duration of at least {}s, such as {examples}", shortest.as_secs()),
            (None, None, Some(longest)) => format!("a duration of at most {}s, such as {examples}", longest.as_secs()),
            (None, None, None) => format!("a duration such as {examples}"),
        }
    }

    fn parse(&self, text: &str) -> Option<Duration> {
        let (shortest, longest) = (self.at_least.unwrap_or_default(), self.at_most.unwrap_or(Self::LONGEST));
        let span = parse_span(text).filter(|span| (shortest..=longest).contains(span))?;
        (self.may_be_zero || !span.is_zero()).then_some(span)
    }
}

/// A duration between a millisecond and a year.
pub(crate) fn parse_duration(text: &str) -> Option<Duration> {
    parse_span(text).filter(|span| !span.is_zero())
}

/// A duration of at most a year.
fn parse_span(text: &str) -> Option<Duration> {
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit())?);
    let milliseconds: u64 = match unit {
        "ms" => 1,
        "s" => 1000,
        "m" => 60 * 1000,
        "h" => 60 * 60 * 1000,
        "d" => 24 * 60 * 60 * 1000,
        _ => return None,
    };
    let span = Duration::from_millis(number.parse::<u64>().ok()?.checked_mul(milliseconds)?);
    (span <= Span::LONGEST).then_some(span)
}

/// A secret with a minimum number of bytes, not all of them blanks. Blanks around it are part of it.
pub(crate) struct Secret {
    pub(crate) min_bytes: usize,
}

impl Format<SecretString> for Secret {
    fn expects(&self) -> String {
        format!("at least {} bytes, not only blanks", self.min_bytes)
    }

    fn parse(&self, text: &str) -> Option<SecretString> {
        (text.len() >= self.min_bytes && !text.trim().is_empty()).then(|| text.to_owned().into())
    }

    fn keeps_blanks(&self) -> bool {
        true
    }
}

/// A value that a function parses.
pub(crate) struct Parsed<T> {
    pub(crate) expects: &'static str,
    pub(crate) parse: fn(&str) -> Option<T>,
}

impl<T> Format<T> for Parsed<T> {
    fn expects(&self) -> String {
        self.expects.to_owned()
    }

    fn parse(&self, text: &str) -> Option<T> {
        (self.parse)(text)
    }
}

/// Any text.
pub(crate) const fn text(expects: &'static str) -> Parsed<String> {
    Parsed { expects, parse: |text| Some(text.to_owned()) }
}

/// A value that its type parses with `FromStr`.
pub(crate) const fn from_str<T: FromStr>(expects: &'static str) -> Parsed<T> {
    Parsed { expects, parse: |text| text.parse().ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_listed_words_are_accepted() {
        let words = OneOf(&[("off", 0), ("bearer", 1), ("cookie", 2)]);

        assert_eq!((words.expects(), SWITCH.expects()), ("off, bearer or cookie".into(), "on or off".into()));
        assert_eq!((words.parse("cookie"), words.parse("Cookie"), words.parse("")), (Some(2), None, None));
    }

    #[test]
    fn a_number_is_in_its_range_or_off() {
        let limit = OrOff(Number(1..=1_000_000_u32));

        assert_eq!(limit.expects(), "a number from 1 to 1000000, or off");
        for (text, expected) in [("off", None), ("1", Some(1)), ("1000000", Some(1_000_000))] {
            assert_eq!(limit.parse(text), Some(expected), "{text}");
        }
        for text in ["0", "1000001", "4294967296", "-1", "on", ""] {
            assert_eq!(limit.parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_duration_has_a_unit_and_is_not_zero() {
        let milliseconds = |text: &str| parse_duration(text).map(|span| span.as_millis());

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

    #[test]
    fn a_duration_may_have_an_upper_limit() {
        let short = Span::such_as("5s").at_most(Duration::from_mins(1));

        assert_eq!(short.expects(), "a duration of at most 60s, such as 5s");
        assert_eq!(short.parse("60s"), Some(Duration::from_mins(1)));
        assert_eq!(short.parse("61s"), None);
    }

    #[test]
    fn a_duration_may_have_a_lower_limit() {
        let long = Span::such_as("5s").at_least(Duration::from_secs(1));

        assert_eq!(long.expects(), "a duration of at least 1s, such as 5s");
        assert_eq!(long.parse("1s"), Some(Duration::from_secs(1)));
        assert_eq!(long.parse("999ms"), None);
    }

    #[test]
    fn a_duration_may_be_zero_if_that_means_something() {
        assert_eq!(Span::such_as("0s").or_zero().parse("0s"), Some(Duration::ZERO));
        assert_eq!(Span::such_as("5s").parse("0s"), None);
    }

    #[test]
    fn a_secret_keeps_its_blanks_and_has_a_minimum_length() {
        let secret = Secret { min_bytes: 4 };

        assert!(secret.keeps_blanks() && secret.parse(" ab ").is_some() && secret.parse("abc").is_none());
        for blank in [" ".repeat(40), "\t \n\u{a0}".repeat(8)] {
            assert!(secret.parse(&blank).is_none(), "{blank:?}");
        }
    }
}
