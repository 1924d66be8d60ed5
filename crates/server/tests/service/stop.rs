//! Graceful stops.

use std::{
    process::Output,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use infra::testing::TestDatabase;
use reqwest::Method;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::{SECRET, Service, program, send_signal, token};

crate::on_both_databases!(a_stop_under_load_loses_no_request);

async fn a_stop_under_load_loses_no_request(database: &TestDatabase) {
    let mut service = Service::on(database);
    let authorization = format!("Bearer {}", token("alice"));
    let acknowledged = Arc::new(AtomicUsize::new(0));
    let client = || create_until_closed(service.address.clone(), authorization.clone(), acknowledged.clone());
    let clients: Vec<_> = (0..8).map(|_| tokio::spawn(client())).collect();
    while acknowledged.load(Relaxed) < 40 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }

    service.send_signal("-TERM");
    for client in clients {
        client.await.unwrap();
    }

    assert!(service.wait().success());
    let again = Service::on(database);
    let mut stored = 0;
    let mut path = "/api/tasks".to_owned();
    loop {
        let page = again.request("alice", Method::GET, &path).send().await.unwrap();
        let page: serde_json::Value = page.json().await.unwrap();
        stored += page["data"].as_array().unwrap().len();
        match page["meta"]["next_cursor"].as_str() {
            Some(cursor) => path = format!("/api/tasks?cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(stored, acknowledged.load(Relaxed), "each acknowledged task is there, and no other");
}

/// Sends creates over one connection, one at a time, until a response closes the connection. Each must be answered with 201.
async fn create_until_closed(address: String, authorization: String, acknowledged: Arc<AtomicUsize>) {
    let body = json!({ "title": "under load" }).to_string();
    let request = format!(
        "POST /api/tasks HTTP/1.1\r\nHost: x\r\nAuthorization: {authorization}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut connection = tokio::net::TcpStream::connect(&address).await.unwrap();
    loop {
        connection.write_all(request.as_bytes()).await.unwrap();
        let mut response = Vec::new();
        while !is_whole(&response) {
            let read = connection.read_buf(&mut response).await;
            assert!(read.is_ok_and(|bytes| bytes > 0), "not answered: {}", response.escape_ascii());
        }
        let head = String::from_utf8_lossy(&response).into_owned();
        assert!(head.starts_with("HTTP/1.1 201"), "{head}");
        acknowledged.fetch_add(1, Relaxed);
        if head.to_lowercase().contains("connection: close") {
            return;
        }
    }
}

fn is_whole(response: &[u8]) -> bool {
    let text = String::from_utf8_lossy(response);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.to_lowercase().lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    length.is_some_and(|length: usize| body.len() >= length)
}

#[tokio::test]
async fn an_interrupt_stops_gracefully() {
    let mut service = Service::on(&TestDatabase::sqlite().await);

    service.send_signal("-INT");

    assert!(service.wait().success());
    service.wait_for_log(|line| line.contains("stopped"));
}

#[tokio::test]
async fn a_stopping_service_is_not_ready_and_still_serves() {
    let database = TestDatabase::sqlite().await;
    let mut service = Service::with(&database, &[("SHUTDOWN_DELAY", "2s")]);

    service.send_signal("-TERM");
    service.wait_for_log(|line| line.contains("stopping"));

    let ready = service.anonymous(Method::GET, "/health/ready").send().await.unwrap();
    assert_eq!(ready.status(), 503);
    let served = service.request("alice", Method::GET, "/api/tasks").send().await.unwrap();
    assert_eq!((served.status().as_u16(), served.headers()["connection"].to_str().unwrap()), (200, "close"));
    assert!(service.wait().success());
}

#[tokio::test]
async fn new_connections_are_refused_while_requests_finish() {
    let database = TestDatabase::sqlite().await;
    let mut service = Service::with(&database, &[("BODY_TIMEOUT", "50s"), ("REQUEST_TIMEOUT", "60s")]);
    let unfinished = format!(
        "POST /api/tasks HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n\
         Content-Length: 9\r\n\r\n",
        token("alice")
    );
    let mut connection = tokio::net::TcpStream::connect(&service.address).await.unwrap();
    connection.write_all(unfinished.as_bytes()).await.unwrap();

    service.send_signal("-TERM");

    let begin = Instant::now();
    while tokio::net::TcpStream::connect(&service.address).await.is_ok() {
        assert!(begin.elapsed() < Duration::from_secs(10), "still accepted");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(service.is_running(), "the request is still in flight");
}

#[tokio::test]
async fn a_third_signal_stops_at_once() {
    let database = TestDatabase::sqlite().await;
    // Long enough that no timeout ends the request.
    let patient = [("SHUTDOWN_DELAY", "60s"), ("BODY_TIMEOUT", "50s"), ("REQUEST_TIMEOUT", "60s")];
    let mut service = Service::with(&database, &patient);
    let mut unfinished = tokio::net::TcpStream::connect(&service.address).await.unwrap();
    let request = format!(
        "POST /api/tasks HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nContent-Length: 9\r\n\r\n{{",
        token("alice")
    );
    unfinished.write_all(request.as_bytes()).await.unwrap();

    // The first signal starts the delay, the second ends it, the third aborts requests in flight.
    let begin = Instant::now();
    while service.is_running() {
        service.send_signal("-INT");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }

    assert!(begin.elapsed() < Duration::from_secs(10), "{:?}", begin.elapsed());
    assert_eq!(service.wait().code(), Some(1), "requests were cut off");
}

#[tokio::test]
async fn a_start_that_waits_for_its_database_can_be_stopped() {
    for (command, code) in [(&[][..], 0), (&["migrate", "up"], 1)] {
        // Accepts connections and never answers.
        let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("postgres://tasks:tasks@{}/tasks?sslmode=disable", silent.local_addr().unwrap());
        let settings = [("ENVIRONMENT", "production"), ("DATABASE_URL", &url), ("BETTER_AUTH_SECRET", SECRET)];
        let directory = tempfile::tempdir().unwrap();
        let starting = program(&directory, &settings).args(command).spawn().unwrap();
        let _connection = silent.accept().await.unwrap();

        send_signal(&starting, "-TERM");

        let Output { status, stdout, stderr } = starting.wait_with_output().unwrap();
        let said = String::from_utf8([stdout, stderr].concat()).unwrap();
        assert!(status.code() == Some(code) && said.contains("stopped before it"), "{status}: {said}");
    }
}

#[tokio::test]
async fn a_log_that_nobody_reads_delays_no_request() {
    let database = TestDatabase::sqlite().await;
    for goes_away in [true, false] {
        let mut service = Service::with(&database, &[("RUST_LOG", "trace")]);
        service.stop_reading_the_log(goes_away);
        // More lines than fit into a pipe.
        for _request in 0..200 {
            let answer = service.request("alice", Method::GET, "/api/tasks").send().await.unwrap();
            assert_eq!(answer.status(), 200);
        }
        service.send_signal("-TERM");
        assert!(service.wait().success());
    }
}
