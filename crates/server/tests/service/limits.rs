//! Limits on concurrent requests and on requests per second.

use std::{
    io::Write,
    net::TcpStream,
    sync::Mutex,
    time::{Duration, Instant},
};

use infra::testing::TestDatabase;
use reqwest::{Method, RequestBuilder, Response, StatusCode};

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

    until(429, || refused("192.0.2.1")).await;
    assert_eq!(refused("192.0.2.2").send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
    let good = service.request("alice", Method::GET, "/api/tasks").header("x-forwarded-for", "192.0.2.1");
    assert_eq!(good.send().await.unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn requests_beyond_max_in_flight_are_rejected_until_one_ends() {
    // Long enough that only the client can end its request.
    let settings = [("MAX_IN_FLIGHT", "1"), ("BODY_TIMEOUT", "60s"), ("REQUEST_TIMEOUT", "90s"), ("WORKERS", "2")];
    let database = TestDatabase::sqlite().await;
    let service = Service::with(&database, &settings);
    let list = || service.request("alice", Method::GET, "/api/tasks");
    // The first response is never read: closing a connection with unread data resets it.
    let requests = format!(
        "GET /health/live HTTP/1.1\r\nHost: x\r\n\r\nPOST /api/tasks HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\n\
         Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{{",
        token("bob")
    );
    let slow = Mutex::new(Vec::new());
    let after_a_slow_one = || {
        // One of them is accepted eventually.
        let mut connection = TcpStream::connect(&service.address).unwrap();
        connection.write_all(requests.as_bytes()).unwrap();
        slow.lock().unwrap().push(connection);
        list()
    };

    let shed = until(503, after_a_slow_one).await;
    assert_eq!(header(&shed, "retry-after"), "1");
    assert_eq!(read(shed).await.1["error"]["code"], "UNAVAILABLE");
    let ready = service.anonymous(Method::GET, "/health/ready").send().await.unwrap();
    assert_eq!(ready.status(), StatusCode::OK);

    drop(slow);
    until(200, list).await;
    service.wait_for_log(|line| line.contains("MAX_IN_FLIGHT"));
}
