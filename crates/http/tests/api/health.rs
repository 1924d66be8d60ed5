//! Health checks.

use std::{sync::Arc, time::Duration};

use actix_web::http::Method;
use async_trait::async_trait;
use domain::{Readiness, RepositoryError, testing::InMemoryTasks};
use http::{
    Dependency,
    testing::{TestApp, is},
};
use serde_json::json;
use tokio::time::Instant;

struct Asleep;

#[async_trait]
impl Readiness for Asleep {
    async fn check(&self) -> Result<(), RepositoryError> {
        Err(RepositoryError::Unavailable("connection refused (os error 111)".into()))
    }
}

/// A dependency that never answers.
struct Stuck;

#[async_trait]
impl Readiness for Stuck {
    async fn check(&self) -> Result<(), RepositoryError> {
        std::future::pending().await
    }
}

/// A database with a newer schema.
struct Newer;

#[async_trait]
impl Readiness for Newer {
    async fn check(&self) -> Result<(), RepositoryError> {
        Err(RepositoryError::Failed("the database is newer than this program".into()))
    }
}

fn depending_on(dependencies: Vec<Dependency>) -> TestApp {
    let mut app = TestApp::new();
    app.api.readiness = dependencies;
    app.api.request_timeout = Duration::from_secs(10);
    app
}

#[actix_web::test]
async fn a_service_with_a_reachable_store_is_live_and_ready() {
    let app = TestApp::new().start().await;
    for path in ["/health", "/health/", "/health/live", "/health/ready"] {
        for method in [Method::GET, Method::HEAD] {
            assert_eq!(app.anonymous(method, path).send().await.status, 200, "{path}");
        }
    }
    assert_eq!(app.anonymous(Method::GET, "/health/live").send().await.json(), json!({ "status": "ok" }));
}

#[actix_web::test]
async fn a_ready_service_lists_its_checks() {
    let ok: Arc<dyn Readiness> = Arc::new(InMemoryTasks::default());
    let app = depending_on(vec![("database", ok.clone()), ("migrations", ok.clone()), ("key_set", ok)]).start().await;

    let answer = app.anonymous(Method::GET, "/health/ready").send().await;

    let checks = json!({ "database": "ok", "migrations": "ok", "key_set": "ok" });
    assert_eq!(answer.json(), json!({ "status": "ok", "checks": checks }));
}

#[actix_web::test]
async fn a_service_without_its_store_is_live_but_not_ready() {
    let app = TestApp::over(Arc::new(InMemoryTasks::default()), Arc::new(Asleep)).start().await;

    assert_eq!(app.anonymous(Method::GET, "/health/live").send().await.status, 200);
    for path in ["/health", "/health/ready"] {
        let answer = app.anonymous(Method::GET, path).send().await;
        assert_eq!(answer.outcome(), is(503, "UNAVAILABLE"));
        assert_eq!(answer.header("retry-after"), Some("1"));
        assert!(!answer.message().contains("refused"));
    }
}

#[actix_web::test]
async fn an_unready_service_lists_its_failures_without_causes() {
    let ok = Arc::new(InMemoryTasks::default());
    let app = depending_on(vec![
        ("database", Arc::new(Asleep)),
        ("cache", ok),
        ("migrations", Arc::new(Newer)),
        ("key_set", Arc::new(Stuck)),
    ]);
    let app = app.start().await;

    tokio::time::pause();
    let begin = Instant::now();
    let answer = app.anonymous(Method::GET, "/health/ready").send().await;

    assert!(begin.elapsed() < Duration::from_millis(2900), "the checks run concurrently: {:?}", begin.elapsed());
    assert_eq!(answer.outcome(), is(503, "UNAVAILABLE"));
    assert_eq!(
        answer.json()["error"]["details"],
        json!([
            { "field": "database", "message": "is out of reach" },
            { "field": "migrations", "message": "is not as it must be" },
            { "field": "key_set", "message": "is out of reach" },
        ])
    );
    assert_eq!(
        answer.message(),
        "not ready: database is out of reach; migrations is not as it must be; key_set is out of reach"
    );
}
