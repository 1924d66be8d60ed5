//! Formats log lines as JSON. docs/adr/0019-log-format.md explains why the format is our own.

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

/// `{"timestamp":…,"level":…,` the fields of the event, `"target":…,"span":{"name":…,` the fields of the request `}}`.
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

/// Members of a JSON object, each with a comma before it, so that more can follow.
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
    writer.write_str(&serde_json::to_string(&value).map_err(|_not_json| fmt::Error)?)
}

/// Writes `,"name":`. Names of fields come from the code and need no escaping.
fn start(writer: &mut Writer<'_>, name: &str) -> fmt::Result {
    writer.write_str(",\"")?;
    writer.write_str(name)?;
    writer.write_str("\":")
}

#[cfg(test)]
mod tests {
    use std::{
        io,
        sync::{Arc, Mutex},
    };

    use serde_json::{Value, json};
    use tracing_subscriber::fmt;

    use super::*;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn line(log: impl FnOnce()) -> Value {
        let written = Written::default();
        let writer = written.clone();
        let subscriber =
            fmt().event_format(JsonLines).fmt_fields(JsonMembers).with_writer(move || writer.clone()).finish();
        tracing::subscriber::with_default(subscriber, log);
        let bytes = written.0.lock().unwrap().clone();
        assert_eq!(bytes.split_inclusive(|byte| *byte == b'\n').count(), 1);
        let mut line: Value = serde_json::from_slice(&bytes).unwrap();
        let timestamp = line.as_object_mut().unwrap().remove("timestamp").unwrap();
        assert!(timestamp.as_str().is_some_and(|text| text.ends_with('Z')), "{timestamp}");
        line
    }

    #[test]
    fn a_line_with_any_content_is_one_json_object() {
        let hostile = "\"}\n{\u{1b}[31m\\";
        let error = io::Error::other(hostile);
        let error: &(dyn std::error::Error + 'static) = &error;
        let found = line(
            || tracing::warn!(target: "t", count = -3, size = 7_u64, share = 0.5, no = false, hostile, error, "said {hostile}"),
        );
        let expected = json!({
            "level": "WARN", "message": format!("said {hostile}"), "count": -3, "size": 7, "share": 0.5, "no": false,
            "hostile": hostile, "error": hostile, "target": "t",
        });
        assert_eq!(found, expected);
    }

    #[test]
    fn a_line_about_a_request_has_the_fields_of_its_span() {
        let found = line(|| {
            let span = tracing::info_span!("request", id = %"\"7\"", user = tracing::field::Empty);
            span.record("user", "a\"b");
            span.in_scope(|| tracing::info!(target: "t", status = 200, "answered"));
        });
        let span = json!({ "name": "request", "id": "\"7\"", "user": "a\"b" });
        let expected = json!({ "level": "INFO", "message": "answered", "status": 200, "target": "t", "span": span });
        assert_eq!(found, expected);
    }
}
