//! Where the service listens, what it tells of its address, and how long it keeps connections.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    time::{Duration, Instant},
};

use infra::testing::TestDatabase;
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::support::{Service, program, read};

#[tokio::test]
async fn the_unspecified_ipv6_address_serves_both_families() {
    if TcpListener::bind("[::1]:0").is_err() {
        return;
    }
    let database = TestDatabase::sqlite().await;
    for host in ["[::]", "::"] {
        let service = Service::with(&database, &[("HOST", host)]);
        let port = service.address.rsplit(':').next().unwrap().to_owned();
        for address in ["127.0.0.1", "[::1]"] {
            let live = reqwest::get(format!("http://{address}:{port}/health/live")).await.unwrap();
            assert_eq!(live.status(), StatusCode::OK, "{address} of {host}");
        }
        let directory = tempfile::tempdir().unwrap();
        let health = program(&directory, &[("HOST", host), ("PORT", &port)]).arg("health").output().unwrap();
        assert!(health.status.success(), "{health:?}");
        service.stop();
    }
}

#[tokio::test]
async fn a_host_name_can_be_listened_on() {
    let database = TestDatabase::sqlite().await;
    let service = Service::with(&database, &[("HOST", "localhost")]);

    let live = service.anonymous(Method::GET, "/health/live").send().await.unwrap();
    assert_eq!(live.status(), StatusCode::OK);
    service.stop();
}

/// As behind nginx with `location /backend/ { proxy_pass http://tasks-api/; }`.
#[tokio::test]
async fn clients_are_told_the_path_that_a_proxy_removes() {
    let database = TestDatabase::sqlite().await;
    let service = Service::with(&database, &[("PUBLIC_PATH", "/backend/")]);

    let request = service.request("alice", Method::POST, "/api/tasks").json(&json!({ "title": "Buy groceries" }));
    let created = request.send().await.unwrap();
    let location = created.headers()["location"].to_str().unwrap();
    assert!(location.starts_with("/backend/api/tasks/"), "{location}");
    let (_, document) = read(service.anonymous(Method::GET, "/openapi.json").send().await.unwrap()).await;
    assert_eq!(document["servers"], json!([{ "url": "/backend" }]));
    let (status, _) = read(service.anonymous(Method::GET, "/health/ready").send().await.unwrap()).await;
    assert_eq!(status, StatusCode::OK);
    service.stop();
}

#[tokio::test]
async fn an_idle_connection_is_closed_after_keep_alive() {
    let database = TestDatabase::sqlite().await;
    let service = Service::with(&database, &[("KEEP_ALIVE", "2s")]);

    let mut connection = TcpStream::connect(&service.address).unwrap();
    connection.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    connection.write_all(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let mut answer = BufReader::new(connection);
    let mut status = String::new();
    answer.read_line(&mut status).unwrap();
    assert!(status.contains(" 200 "), "{status}");
    let begin = Instant::now();
    answer.read_to_end(&mut Vec::new()).unwrap();
    let idle = begin.elapsed();
    // The framework's clock ticks twice a second.
    assert!(idle >= Duration::from_secs(1), "closed after {idle:?}");
    service.stop();
}
