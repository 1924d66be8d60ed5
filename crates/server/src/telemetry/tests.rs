use std::{
    io::{self, Write},
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use serde_json::{Value, json};
use tracing::Level;
use tracing_subscriber::fmt;

use super::{
    Filter,
    gathered::{Gathered, PAUSE},
    json_lines::{JsonLines, JsonMembers},
};

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

#[test]
fn a_filter_holds_for_all_or_for_a_module_and_blanks_and_commas_too_many_do_no_harm() {
    for text in ["info,sqlx=debug,rustls=off,mine", " info, sqlx=debug ,,rustls=off,mine,"] {
        let Filter(filter) = text.parse().unwrap();
        for (target, level, logged) in [
            ("tasks_api", Level::INFO, true),
            ("tasks_api", Level::DEBUG, false),
            ("sqlx::query", Level::DEBUG, true),
            ("sqlx::query", Level::TRACE, false),
            ("rustls", Level::ERROR, false),
            ("mine", Level::TRACE, true),
        ] {
            assert_eq!(filter.would_enable(target, &level), logged, "{text}: {target} {level}");
        }
    }
}

#[test]
fn lines_are_written_when_all_that_waited_are_there_and_then_others_are_let_gather() {
    let written = Written::default();
    let mut log = Gathered::new(written.clone());

    log.write_all(b"one\n").unwrap();
    log.write_all(b"two\n").unwrap();
    assert_eq!(written.0.lock().unwrap().len(), 0);
    let begin = Instant::now();
    log.flush().unwrap();

    assert_eq!(*written.0.lock().unwrap(), b"one\ntwo\n");
    assert!(begin.elapsed() >= PAUSE);
}

#[test]
fn no_filter_lets_the_driver_write_down_what_users_wrote() {
    for text in ["trace", "tokio_postgres=trace", "tokio_postgres::query=debug"] {
        let Filter(filter) = text.parse().unwrap();
        assert!(!filter.would_enable("tokio_postgres::query", &Level::DEBUG), "{text}");
    }
}
