//! The service on the same database, and requests to it.

use std::time::{Duration, Instant};

use http::{Style, endpoints};
use infra::testing::TestDatabase;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Service, read};

const PATIENCE: Duration = Duration::from_secs(30);

/// The headers that authenticate a client.
pub type Headers = Vec<(&'static str, String)>;

pub fn bearer(token: &str) -> Headers {
    vec![("authorization", format!("Bearer {token}"))]
}

/// A ready service in production, with the required settings and these.
pub async fn serve(database: &TestDatabase, settings: &[(&str, &str)]) -> Service {
    let service = start(database, "production", settings);
    until(async || get(&service, "/health/ready", &vec![]).await.0 == 200).await;
    service
}

/// A ready service in development, where an error tells why a token was rejected.
pub async fn develop(database: &TestDatabase, settings: &[(&str, &str)]) -> Service {
    let service = start(database, "development", settings);
    until(async || get(&service, "/health/ready", &vec![]).await.0 == 200).await;
    service
}

/// The service, ready or not.
pub fn start(database: &TestDatabase, stage: &str, settings: &[(&str, &str)]) -> Service {
    let needed = [
        ("DATABASE_URL", database.url()),
        ("ENVIRONMENT", stage),
        ("MIGRATE_ON_START", "on"),
        // The tests repeat rejected requests.
        ("UNAUTHENTICATED_RATE_LIMIT", "off"),
    ];
    Service::start(&[&needed, settings].concat())
}

pub async fn send(
    service: &Service,
    method: Method,
    path: &str,
    headers: &Headers,
    body: Option<Value>,
) -> (u16, Value) {
    let mut request = service.anonymous(method, path);
    for (name, value) in headers {
        request = request.header(*name, value);
    }
    if let Some(body) = body {
        request = request.json(&body);
    }
    let (status, body) = read(request.send().await.unwrap()).await;
    (status.as_u16(), body)
}

pub async fn get(service: &Service, path: &str, headers: &Headers) -> (u16, Value) {
    send(service, Method::GET, path, headers, None).await
}

pub async fn create(service: &Service, headers: &Headers) -> (u16, Value) {
    send(service, Method::POST, "/api/tasks", headers, Some(json!({ "title": "Buy groceries" }))).await
}

/// The status and error code of a list of tasks, which needs only authentication.
pub async fn list(service: &Service, headers: &Headers) -> (u16, String) {
    let (status, body) = get(service, "/api/tasks", headers).await;
    (status, body["error"]["code"].as_str().unwrap_or_default().to_owned())
}

/// The message of the error for these headers.
pub async fn refusal(service: &Service, headers: &Headers) -> String {
    let (status, body) = get(service, "/api/tasks", headers).await;
    assert_eq!(status, 401, "{body}");
    body["error"]["message"].as_str().unwrap().to_owned()
}

/// Uses every route in both styles, each on its own task, and checks that it succeeds.
pub async fn every_route_serves(service: &Service, user: &str, headers: &Headers) {
    for style in Style::ALL {
        for endpoint in endpoints() {
            let (status, task) = create(service, headers).await;
            assert_eq!(status, 201, "{task}");
            assert_eq!(task["data"]["user_id"], user);

            let id = task["data"]["id"].as_str().unwrap();
            let path = endpoint.full_path(style).replace("{user_id}", user).replace("{id}", id);
            let method: Method = endpoint.method.as_str().parse().unwrap();
            let body = match method {
                Method::GET | Method::DELETE => None,
                _ if path.ends_with("/complete") => Some(json!({ "completed": true })),
                _ => Some(json!({ "title": "Buy wine" })),
            };
            let (status, body) = send(service, method.clone(), &path, headers, body).await;
            assert_eq!(status, endpoint.success_status().as_u16(), "{method} {path}: {body}");
        }
    }
}

/// Waits until a condition holds.
pub async fn until(mut it_is_so: impl AsyncFnMut() -> bool) {
    let begin = Instant::now();
    while !it_is_so().await {
        assert!(begin.elapsed() < PATIENCE, "the condition never held");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
