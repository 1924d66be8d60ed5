//! Prints the output of commands.

use std::{
    fmt::Display,
    io::{ErrorKind, Write, stdout},
};

use anyhow::Context;

/// Prints one or more lines. A closed pipe, as after `head`, is not an error.
///
/// # Errors
///
/// If the lines cannot be written for another reason.
pub(super) fn print(lines: impl Display) -> anyhow::Result<()> {
    match writeln!(stdout(), "{lines}") {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        outcome => outcome.context("standard output"),
    }
}
