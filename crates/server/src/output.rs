//! What commands print.

use std::{
    fmt::Display,
    io::{ErrorKind, Write, stdout},
};

use anyhow::Context;

/// Prints a line, or lines. A reader who has gone away, as `head` does when it has what it wants, is no failure.
///
/// # Errors
///
/// If it cannot be written for another reason.
pub(crate) fn print(lines: impl Display) -> anyhow::Result<()> {
    match writeln!(stdout(), "{lines}") {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        outcome => outcome.context("standard output"),
    }
}
