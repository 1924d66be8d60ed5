//! Lines of JSON, written straight into the line.
//!
//! `tracing-subscriber` has a format like this, which reads what is known of a request anew for each line about it, and that
//! took a fifth of all the instructions of a request.

use std::fmt::{self, Debug, Display};

use domain::{Clock, SystemClock, Timestamp};
use serde::Serialize;
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    field::RecordFields,
    fmt::{FmtContext, FormatEvent, FormatFields, FormattedFields, format::Writer},
    registry::LookupSpan,
};

/// `{"timestamp":…,"level":…,` the event's own fields `,"target":…,"span":{"name":…,` those of the request `}}`.
pub(super) struct JsonLines;

impl<S, N> FormatEvent<S, N> for JsonLines
where
    S: Subscriber + for<'lookup> LookupSpan<'lookup>,
    N: for<'writer> FormatFields<'writer> + 'static,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut line: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let metadata = event.metadata();
        line.write_str(r#"{"timestamp":""#)?;
        line.write_str(SystemClock.now().encode(&mut [0; Timestamp::MAX_BYTES]))?;
        line.write_str(r#"","level":""#)?;
        line.write_str(metadata.level().as_str())?;
        line.write_str("\"")?;
        context.format_fields(line.by_ref(), event)?;
        member(&mut line, "target", metadata.target())?;
        if let Some(span) = context.lookup_current() {
            line.write_str(r#","span":{"name":""#)?;
            line.write_str(span.name())?;
            line.write_str("\"")?;
            if let Some(fields) = span.extensions().get::<FormattedFields<N>>() {
                line.write_str(fields)?;
            }
            line.write_char('}')?;
        }
        line.write_str("}\n")
    }
}

/// Members of a JSON object, a comma before each, so that more of them can follow.
pub(super) struct JsonMembers;

impl<'writer> FormatFields<'writer> for JsonMembers {
    fn format_fields<R: RecordFields>(&self, writer: Writer<'writer>, fields: R) -> fmt::Result {
        let mut members = Members { writer, outcome: Ok(()) };
        fields.record(&mut members);
        members.outcome
    }
}

struct Members<'writer> {
    writer: Writer<'writer>,
    outcome: fmt::Result,
}

impl Members<'_> {
    fn add(&mut self, field: &Field, value: impl Serialize) {
        self.outcome = self.outcome.and_then(|()| member(&mut self.writer, field.name(), value));
    }

    fn add_number(&mut self, field: &Field, value: impl Display) {
        let write = |()| {
            start(&mut self.writer, field.name())?;
            write!(self.writer, "{value}")
        };
        self.outcome = self.outcome.and_then(write);
    }
}

impl Visit for Members<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.add(field, format_args!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add_number(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add_number(field, value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field, value);
    }
}

/// Writes `,"name":value`.
fn member(writer: &mut Writer<'_>, name: &str, value: impl Serialize) -> fmt::Result {
    start(writer, name)?;
    writer.write_str(&serde_json::to_string(&value).map_err(|_cannot_be_written| fmt::Error)?)
}

/// Writes `,"name":`. Names are Rust's, and need no escape.
fn start(writer: &mut Writer<'_>, name: &str) -> fmt::Result {
    writer.write_str(",\"")?;
    writer.write_str(name)?;
    writer.write_str("\":")
}
