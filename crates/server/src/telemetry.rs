//! The log.

mod gathered;
mod json_lines;

use std::{io::IsTerminal, panic, str::FromStr};

use tracing_appender::non_blocking::{ErrorCounter, NonBlocking, WorkerGuard};
use tracing_subscriber::{
    filter::{LevelFilter, Targets},
    fmt,
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

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

/// What is logged: a level for all, or for a module and what is in it, or several of these after commas.
///
/// `Targets` reads text too, but takes what it does not understand for a module that does not exist, and a comma too many for
/// the level `error`.
struct Filter(Targets);

impl FromStr for Filter {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let is_module = |text: &str| {
            !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-:".contains(&byte))
        };
        let add = |filter: Targets, part: &str| match part.split_once('=') {
            Some((module, level)) if is_module(module) && !level.is_empty() => {
                Ok(filter.with_target(module, level.parse::<LevelFilter>()?))
            }
            None => match part.parse::<LevelFilter>() {
                Ok(level) => Ok(filter.with_default(level)),
                Err(_) if is_module(part) => Ok(filter.with_target(part, LevelFilter::TRACE)),
                Err(error) => Err(error.into()),
            },
            Some(_) => Err(anyhow::anyhow!("no module, or no level")),
        };
        let mut parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        let filter = parts.try_fold(Targets::new(), add)?;
        // The driver would write down what users wrote: the values of each statement.
        Ok(Self(filter.with_target("tokio_postgres::query", LevelFilter::OFF)))
    }
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
    let Filter(filter) = environment.value(&settings::RUST_LOG)?;
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
