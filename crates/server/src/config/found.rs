//! The value of a variable and its source.

use std::{fmt, fs};

use anyhow::{anyhow, bail};

use super::dotenv::Entry;

/// A value and its source.
pub(super) struct Found {
    pub(super) text: String,
    pub(super) source: Source,
}

/// Where a value is set.
pub(super) enum Source {
    Process,
    /// A line of a file such as `.env`.
    Line(Entry),
    /// The file that this variable names.
    FileOf(&'static str),
}

impl fmt::Display for Source {
    /// What a message about the value begins with.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Process => Ok(()),
            Self::Line(entry) => write!(f, "{}, line {}: ", entry.file, entry.line),
            Self::FileOf(variable) => write!(f, "{variable}: "),
        }
    }
}

impl Found {
    /// What is probably not meant, as the end of a message.
    pub(super) fn oddity(&self) -> Option<&'static str> {
        let quote = self.text.chars().next().filter(|c| "'\"`".contains(*c));
        let is_closed = quote.is_some_and(|quote| self.text.len() > 1 && self.text.ends_with(quote));
        match &self.source {
            Source::Line(entry) if entry.names_nothing => Some(
                "contains `$` and a name that is not set, which Next.js replaces by nothing: write `\\$` for a dollar sign \
                 (docs/troubleshooting.md#dollar-sign)",
            ),
            Source::FileOf(_) if self.text.ends_with(['\n', '\r']) => Some(
                "ends with an empty line, and only one line break at the end of a file is removed: remove it, unless the app's \
                 secret ends with it too (docs/troubleshooting.md#secret-files)",
            ),
            _ if is_closed => Some(
                "is in quotes, which are part of the value, as Docker's --env-file passes them on: remove them \
                 (docs/troubleshooting.md#quotes)",
            ),
            Source::Line(_) if quote.is_some() => {
                Some("begins with a quote that is not closed (docs/troubleshooting.md#quotes)")
            }
            _ => None,
        }
    }
}

/// The content of the file at `path`, which `variable` names, without the line break at its end, and without the byte order mark
/// that some editors write first.
///
/// # Errors
///
/// If the file cannot be read, is empty or not UTF-8. The error does not show the path, because the secret itself may be there.
pub(super) fn content(variable: &str, path: &str) -> anyhow::Result<String> {
    let bytes = fs::read(path).map_err(|error| {
        anyhow!("{variable} must name a file that can be read: {error} (docs/troubleshooting.md#secret-files)")
    })?;
    let text = String::from_utf8(bytes).map_err(|_shows_the_value| anyhow!("{variable} must name a file in UTF-8"))?;
    let text = text.trim_start_matches('\u{feff}');
    let text = text.strip_suffix('\n').map_or(text, |line| line.strip_suffix('\r').unwrap_or(line));
    if text.is_empty() {
        bail!("{variable} must name a file that is not empty");
    }
    Ok(text.to_owned())
}
