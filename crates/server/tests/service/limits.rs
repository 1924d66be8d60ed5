//! Limits on concurrent requests and on requests per second.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

use infra::testing::TestDatabase;
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::json;
use tokio::task::JoinSet;

use crate::support::{Service, read, token};

/// Repeats a request until the response has this status.
async fn until(status: u16, request: impl Fn() -> RequestBuilder) -> Response {
    let begin = Instant::now();
    loop {
        let response = request().send().await.unwrap();
        if response.status() == status {
            return response;
        }
        assert!(begin.elapsed() < Duration::from_secs(30), "never {status}, but {}", response.status());
    }
}

fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

#[tokio::test]
async fn the_rate_limit_of_a_user_does_not_affect_others() {
    let database = TestDatabase::sqlite().await;
    let service = Service::with(&database, &[("RATE_LIMIT", "1")]);
    let list = |user: &str| service.request(user, Method::GET, "/api/tasks");

    let limited = until(429, || list("alice")).await;
    assert_eq!(header(&limited, "retry-after"), "1");
    assert_eq!(header(&limited, "ratelimit-policy"), r#""user";q=1;w=1"#);
    assert_eq!(header(&limited, "ratelimit"), r#""user";r=0;t=1"#);
    assert_eq!(read(limited).await.1["error"]["code"], "RATE_LIMITED");
    assert_eq!(list("bob").send().await.unwrap().status(), StatusCode::OK);
    until(200, || list("alice")).await;
}

#[tokio::test]
async fn unauthenticated_requests_are_limited_by_client_address() {
    let settings = [("UNAUTHENTICATED_RATE_LIMIT", "1"), ("TRUSTED_PROXIES", "127.0.0.0/8, ::1")];
    let database = TestDatabase::sqlite().await;
    let service = Service::with(&database, &settings);
    let refused = |client: &str| service.anonymous(Method::GET, "/api/tasks").header("x-forwarded-for", client);

    let token = token("alice");
    let good =
        || service.anonymous(Method::GET, "/api/tasks").bearer_auth(&token).header("x-forwarded-for", "192.0.2.1");
    assert_eq!(good().send().await.unwrap().status(), StatusCode::OK);
    until(429, || refused("192.0.2.1")).await;
    assert_eq!(refused("192.0.2.2").send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
    assert_eq!(good().send().await.unwrap().status(), StatusCode::OK, "the token is known");
}

#[tokio::test]
async fn slow_bodies_take_no_places() {
    // Long enough that only the client can end its request.
    let settings = [("MAX_IN_FLIGHT", "1"), ("BODY_TIMEOUT", "60s"), ("REQUEST_TIMEOUT", "90s"), ("WORKERS", "2")];
    let database = TestDatabase::sqlite().await;
    let service = Service::with(&database, &settings);
    let slow: Vec<TcpStream> = (0..20).map(|_| slow_create(&service)).collect();

    for user in ["alice", "bob"] {
        let list = service.request(user, Method::GET, "/api/tasks").send().await.unwrap();
        assert_eq!(list.status(), StatusCode::OK);
    }
    drop(slow);
}

/// A create of Bob whose body does not arrive. The service has read its head.
fn slow_create(service: &Service) -> TcpStream {
    let head = format!(
        "POST /api/tasks HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n\
         Content-Length: 100\r\nExpect: 100-continue\r\n\r\n",
        token("bob")
    );
    let mut connection = TcpStream::connect(&service.address).unwrap();
    connection.write_all(head.as_bytes()).unwrap();
    let mut answer = [0; 12];
    connection.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 100");
    connection
}

#[tokio::test]
async fn requests_beyond_a_limit_in_flight_are_rejected() {
    for (setting, status, code) in
        [("MAX_IN_FLIGHT", 503, "UNAVAILABLE"), ("MAX_IN_FLIGHT_PER_USER", 429, "RATE_LIMITED")]
    {
        let database = TestDatabase::sqlite().await;
        let service = Service::with(&database, &[(setting, "1"), ("WORKERS", "2")]);
        let create = || service.request("alice", Method::POST, "/api/tasks").json(&json!({ "title": "x" })).send();
        let begin = Instant::now();
        let refused = loop {
            let answers = (0..20).map(|_| create()).collect::<JoinSet<_>>().join_all().await;
            let mut answers = answers.into_iter().map(Result::unwrap);
            if let Some(refused) = answers.find(|answer| answer.status() != StatusCode::CREATED) {
                break refused;
            }
            assert!(begin.elapsed() < Duration::from_secs(30), "{setting} has no effect");
        };

        assert_eq!(header(&refused, "retry-after"), "1");
        let (found, body) = read(refused).await;
        assert_eq!((found.as_u16(), &body["error"]["code"]), (status, &json!(code)));
        assert_eq!(create().await.unwrap().status(), StatusCode::CREATED);
        if status == 503 {
            service.wait_for_log(|line| line.contains("MAX_IN_FLIGHT"));
        }
    }
}

#[tokio::test]
async fn a_slow_body_keeps_nobody_out() {
    let settings = [("MAX_IN_FLIGHT", "1"), ("BODY_TIMEOUT", "60s"), ("REQUEST_TIMEOUT", "90s"), ("WORKERS", "2")];
    let database = TestDatabase::sqlite().await;
    let service = Service::with(&database, &settings);
    let request = format!(
        "POST /api/tasks HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n\
         Content-Length: 13\r\n\r\n{{\"title\":",
        token("bob")
    );
    let mut slow = TcpStream::connect(&service.address).unwrap();
    slow.write_all(request.as_bytes()).unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;

    for _request in 0..20 {
        let list = service.request("alice", Method::GET, "/api/tasks").send().await.unwrap();
        assert_eq!(list.status(), StatusCode::OK);
    }
    slow.write_all(b"\"x\"}").unwrap();

    let mut answer = [0; 12];
    slow.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 201");
}

#[tokio::test]
async fn a_request_for_another_protocol_is_answered_at_once() {
    let database = TestDatabase::sqlite().await;
    let service = Service::with(&database, &[]);
    let request = format!(
        "POST /api/tasks HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n\
         Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
        token("alice")
    );
    let mut connection = TcpStream::connect(&service.address).unwrap();
    let begin = Instant::now();
    connection.write_all(request.as_bytes()).unwrap();

    let mut answer = [0; 12];
    connection.read_exact(&mut answer).unwrap();

    assert_eq!(&answer, b"HTTP/1.1 400");
    assert!(begin.elapsed() < Duration::from_secs(2));
}
