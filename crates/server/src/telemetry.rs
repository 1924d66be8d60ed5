//! The log.

mod gathered;
mod json_lines;

use std::{io::IsTerminal, panic};

use tracing_appender::non_blocking::{ErrorCounter, NonBlocking, WorkerGuard};
use tracing_subscriber::{filter::Targets, fmt, layer::SubscriberExt, util::SubscriberInitExt};

use crate::{
    config::Stage,
    settings::{self, Environment},
};
use gathered::Gathered;
use json_lines::{JsonLines, JsonMembers};

/// The log. Lines that wait are written when this is dropped.
pub(crate) struct Log {
    /// How many lines there was no room for.
    pub(crate) dropped_lines: ErrorCounter,
    _writes_what_waits: WorkerGuard,
}

/// Starts logging to standard error: lines of JSON in production, text in development. Panics are logged too.
///
/// Lines are written by a thread of their own, so that a reader who is slow, or gone, holds up no request, and some
/// milliseconds' worth of them at once. Lines for which there is no room any more are dropped.
///
/// # Errors
///
/// If the filter cannot be read, or logging has been started before.
pub(crate) fn init(environment: &Environment, stage: Stage) -> anyhow::Result<Log> {
    let filter: Targets = environment.value(&settings::RUST_LOG)?;
    let (writer, guard) = NonBlocking::new(Gathered::new(std::io::stderr()));
    let dropped_lines = writer.error_counter();
    // A line that cannot be written is nothing to write about.
    let lines = fmt::layer().with_writer(writer).log_internal_errors(false);
    let log = tracing_subscriber::registry().with(filter);
    let started = match stage {
        Stage::Production => log.with(lines.event_format(JsonLines).fmt_fields(JsonMembers)).try_init(),
        Stage::Development => {
            log.with(lines.with_target(false).with_ansi(std::io::stderr().is_terminal()).compact()).try_init()
        }
    };
    panic::set_hook(Box::new(|info| {
        let place = info.location().map(ToString::to_string);
        tracing::error!(place, message = info.payload_as_str().unwrap_or("a panic without words"));
    }));
    started.map_err(|error| anyhow::anyhow!(error))?;
    Ok(Log { dropped_lines, _writes_what_waits: guard })
}

#[cfg(test)]
mod tests;
