use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
};

use serde_json::{Value, json};
use tracing_subscriber::fmt;

use super::json_lines::{JsonLines, JsonMembers};

#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl io::Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn line(log: impl FnOnce()) -> Value {
    let written = Written::default();
    let writer = written.clone();
    let subscriber = fmt().event_format(JsonLines).fmt_fields(JsonMembers).with_writer(move || writer.clone()).finish();
    tracing::subscriber::with_default(subscriber, log);
    let bytes = written.0.lock().unwrap().clone();
    assert_eq!(bytes.split_inclusive(|byte| *byte == b'\n').count(), 1);
    let mut line: Value = serde_json::from_slice(&bytes).unwrap();
    let timestamp = line.as_object_mut().unwrap().remove("timestamp").unwrap();
    assert!(timestamp.as_str().is_some_and(|text| text.ends_with('Z')), "{timestamp}");
    line
}

#[test]
fn a_line_is_one_json_object_whatever_is_in_it() {
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
fn a_line_about_a_request_says_which_and_whose() {
    let found = line(|| {
        let span = tracing::info_span!("request", id = %"\"7\"", user = tracing::field::Empty);
        span.record("user", "a\"b");
        span.in_scope(|| tracing::info!(target: "t", status = 200, "answered"));
    });
    let span = json!({ "name": "request", "id": "\"7\"", "user": "a\"b" });
    let expected = json!({ "level": "INFO", "message": "answered", "status": 200, "target": "t", "span": span });
    assert_eq!(found, expected);
}
