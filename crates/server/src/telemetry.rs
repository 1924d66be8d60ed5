//! The log, and the export of spans.

mod batches;
mod json_lines;
#[cfg(feature = "otlp")]
mod otlp;

use std::{
    io::{IsTerminal, Write, stderr, stdout},
    panic,
    sync::mpsc,
    thread,
    time::Duration,
};

use anyhow::anyhow;
use tracing::Subscriber;
use tracing_appender::non_blocking::{ErrorCounter, NonBlocking, WorkerGuard};
use tracing_subscriber::{Layer, fmt, layer::SubscriberExt, registry::LookupSpan, util::SubscriberInitExt};

use self::{
    batches::Batches,
    json_lines::{JsonLines, JsonMembers},
};
use crate::config::{LogOutput, Logging};

/// The running log. When it is dropped, the last spans are exported and the last lines are written.
pub(crate) struct Log {
    writer: NonBlocking,
    // Dropped before the guard, because a failed export is logged.
    #[cfg(feature = "otlp")]
    _exporter: Option<otlp::Exporter>,
    _last_lines: LastLines,
}

impl Log {
    /// The number of lines that were dropped because the buffer was full.
    pub(crate) fn dropped_lines(&self) -> ErrorCounter {
        self.writer.error_counter()
    }

    /// Writes a text unchanged, after the lines logged before it.
    pub(crate) fn print(&self, text: &str) {
        // An error cannot be reported, because nobody reads the log.
        let _ = self.writer.clone().write_all(format!("{text}\n").as_bytes());
    }
}

/// Writes the last lines when it is dropped.
struct LastLines(Option<WorkerGuard>);

impl LastLines {
    /// How long the process waits for its last lines to be written. The guard itself waits for 1.1 s.
    const TIMEOUT: Duration = Duration::from_millis(1500);
}

impl Drop for LastLines {
    /// On a thread of its own: if the buffer is full because nobody reads the log, the guard prints that to standard output,
    /// where it would wait for ever.
    fn drop(&mut self) {
        let guard = self.0.take();
        let (done, written) = mpsc::channel();
        thread::spawn(move || {
            drop(guard);
            // The process may have stopped waiting.
            let _ = done.send(());
        });
        // Lines that are not written by then are lost.
        let _ = written.recv_timeout(Self::TIMEOUT);
    }
}

/// Starts the log, the export of spans if there is a collector, and the logging of panics.
///
/// A separate thread writes the lines in batches of a few milliseconds, so that a slow or closed log delays no request. If the
/// buffer is full, lines are dropped.
///
/// # Errors
///
/// If a log has been started before, or the exporter cannot be created.
pub(crate) fn init(logging: Logging) -> anyhow::Result<Log> {
    let (sink, is_terminal): (Box<dyn Write + Send>, bool) = match logging.output {
        LogOutput::Stdout => (Box::new(stdout()), stdout().is_terminal()),
        LogOutput::Stderr => (Box::new(stderr()), stderr().is_terminal()),
    };
    let (writer, guard) = NonBlocking::new(Batches::new(sink));
    let lines = lines(writer.clone(), logging.json, is_terminal);
    let log = tracing_subscriber::registry().with(logging.filter).with(lines);
    #[cfg(feature = "otlp")]
    let (exporter, spans) = match logging.collector.as_ref().map(otlp::exporter).transpose()? {
        Some((exporter, spans)) => (Some(exporter), Some(spans)),
        None => (None, None),
    };
    #[cfg(feature = "otlp")]
    let log = log.with(spans);
    log.try_init().map_err(|error| anyhow!(error))?;
    panic::set_hook(Box::new(|info| {
        let place = info.location().map(ToString::to_string);
        tracing::error!(place, message = info.payload_as_str().unwrap_or("a panic without a message"));
    }));
    if !cfg!(feature = "otlp") && logging.collector.is_some() {
        tracing::warn!(
            "OTEL_EXPORTER_OTLP_ENDPOINT is set, but spans are not exported: this build lacks the cargo feature otlp"
        );
    }
    Ok(Log {
        writer,
        #[cfg(feature = "otlp")]
        _exporter: exporter,
        _last_lines: LastLines(Some(guard)),
    })
}

/// A layer that writes JSON or readable text.
fn lines<S>(writer: NonBlocking, json: bool, is_terminal: bool) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'lookup> LookupSpan<'lookup>,
{
    // An error about an unwritable line could not be written either.
    let lines = fmt::layer().with_writer(move || writer.clone()).log_internal_errors(false);
    if json {
        lines.event_format(JsonLines).fmt_fields(JsonMembers).boxed()
    } else {
        lines.with_target(false).with_ansi(is_terminal).compact().boxed()
    }
}
