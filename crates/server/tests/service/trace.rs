//! The trace of a request: in the log, in the request for the key set, and at a collector.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::mpsc::{Receiver, channel},
    thread,
    time::Duration,
};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use infra::testing::TestDatabase;
use reqwest::Method;
use serde_json::Value;

use crate::support::Service;

const TRACE_ID: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const TRACEPARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// A request as a server receives it.
struct Received {
    head: String,
    #[cfg_attr(not(feature = "otlp"), expect(dead_code, reason = "it is for the collector"))]
    body: Vec<u8>,
}

/// A server that answers every request with this body and hands out what it received.
fn server(answer: &'static str) -> (String, Receiver<Received>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let (sender, received) = channel();
    thread::spawn(move || {
        for mut connection in listener.incoming().map_while(Result::ok) {
            let _ = sender.send(receive(&connection));
            let length = answer.len();
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
            let _ = connection.write_all([head.as_str(), answer].concat().as_bytes());
        }
    });
    (address, received)
}

fn receive(connection: &TcpStream) -> Received {
    let mut reader = BufReader::new(connection);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") && reader.read_line(&mut head).unwrap_or(0) > 0 {}
    let mut body = vec![0; header(&head, "content-length").map_or(0, |length| length.parse().unwrap())];
    let _ = reader.read_exact(&mut body);
    Received { head, body }
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| {
        let (found, value) = line.split_once(':')?;
        found.eq_ignore_ascii_case(name).then_some(value.trim())
    })
}

/// A token whose key is in no key set.
fn token_of_an_unknown_key() -> String {
    let [head, claims] = [r#"{"alg":"EdDSA","kid":"unknown"}"#, r#"{"sub":"alice"}"#];
    [head, claims, "signature"].map(|part| BASE64_URL_SAFE_NO_PAD.encode(part)).join(".")
}

fn trace_id(line: &str) -> String {
    let line: Value = serde_json::from_str(line).unwrap();
    line["span"]["trace_id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn every_line_of_a_request_has_its_trace_id() {
    let database = TestDatabase::sqlite().await;
    // No server listens there, so that the request fails.
    let service = Service::with(&database, &[("BETTER_AUTH_URL", "http://127.0.0.1:1")]);
    let request = service.anonymous(Method::GET, "/api/tasks").bearer_auth(token_of_an_unknown_key());

    let answer = request.header("traceparent", TRACEPARENT).send().await.unwrap();

    assert_eq!(answer.status(), 503);
    for message in ["request failed", "answered"] {
        let line = service.wait_for_log(|line| line.contains(message));
        assert_eq!(trace_id(&line), TRACE_ID, "{line}");
    }
}

#[tokio::test]
async fn a_request_without_a_valid_traceparent_starts_a_trace() {
    let database = TestDatabase::sqlite().await;
    let service = Service::on(&database);
    let invalid = TRACEPARENT.to_uppercase();
    for (id, traceparent) in [("first", None), ("second", Some(&invalid))] {
        let mut request = service.request("alice", Method::GET, "/api/tasks").header("x-request-id", id);
        if let Some(traceparent) = traceparent {
            request = request.header("traceparent", traceparent);
        }
        assert_eq!(request.send().await.unwrap().status(), 200);
    }

    let [first, second] = ["first", "second"].map(|id| trace_id(&service.wait_for_log(|line| line.contains(id))));

    assert!(first != second && second.to_uppercase() != TRACE_ID.to_uppercase(), "{first} {second}");
    for id in [first, second] {
        assert!(id.len() == 32 && id.bytes().all(|c| b"0123456789abcdef".contains(&c)), "{id}");
    }
}

#[tokio::test]
async fn the_fetch_of_the_key_set_is_part_of_the_trace() {
    // The key of RFC 8037, appendix A.
    let (address, received) = server(
        r#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"1","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#,
    );
    let database = TestDatabase::sqlite().await;
    let service = Service::with(&database, &[("BETTER_AUTH_URL", &address)]);
    let at_the_start = received.recv_timeout(Duration::from_secs(30)).unwrap();
    assert_eq!(header(&at_the_start.head, "traceparent"), None);

    let request = service.anonymous(Method::GET, "/api/tasks").bearer_auth(token_of_an_unknown_key());
    assert_eq!(request.header("traceparent", TRACEPARENT).send().await.unwrap().status(), 401);

    let fetch = received.recv_timeout(Duration::from_secs(30)).unwrap();
    let sent: Vec<&str> = header(&fetch.head, "traceparent").unwrap().split('-').collect();
    let caller: Vec<&str> = TRACEPARENT.split('-').collect();
    assert_eq!([sent[0], sent[1], sent[3]], [caller[0], caller[1], caller[3]]);
    assert_ne!(sent[2], caller[2]);
}

#[cfg(not(feature = "otlp"))]
#[tokio::test]
async fn a_build_that_cannot_export_says_so() {
    let database = TestDatabase::sqlite().await;
    let service = Service::with(&database, &[("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")]);

    let line = service.wait_for_log(|line| line.contains("OTEL_EXPORTER_OTLP_ENDPOINT"));
    assert!(line.contains(r#""level":"WARN""#) && line.contains("cargo feature otlp"), "{line}");
}

#[cfg(feature = "otlp")]
#[tokio::test]
async fn spans_arrive_at_the_collector_before_the_service_ends() {
    let (address, received) = server("");
    let database = TestDatabase::sqlite().await;
    let settings = [("OTEL_EXPORTER_OTLP_ENDPOINT", address.as_str()), ("OTEL_SERVICE_NAME", "tasks-under-test")];
    let service = Service::with(&database, &settings);
    let request = service.request("alice", Method::GET, "/api/tasks?private=private");
    assert_eq!(request.header("traceparent", TRACEPARENT).send().await.unwrap().status(), 422);

    service.stop();

    let Received { head, body } = received.try_recv().unwrap();
    assert!(head.starts_with("POST /v1/traces HTTP/1.1"), "{head}");
    let contains = |part: &[u8]| body.windows(part.len()).any(|window| window == part);
    let trace_id: Vec<u8> = (0..16).map(|at| u8::from_str_radix(&TRACE_ID[2 * at..][..2], 16).unwrap()).collect();
    for part in [trace_id.as_slice(), b"tasks-under-test", b"GET /api/tasks", b"http.response.status_code"] {
        assert!(contains(part), "{} is not in {}", part.escape_ascii(), body.escape_ascii());
    }
    assert!(!contains(b"private"), "{}", body.escape_ascii());
}
