//! What watches the service, and what it is told.

use std::sync::Arc;

use actix_web::http::Method;
use async_trait::async_trait;
use domain::{Readiness, RepositoryError, testing::InMemoryTasks};

use crate::support::{TestApp, is};

struct Asleep;

#[async_trait]
impl Readiness for Asleep {
    async fn check(&self) -> Result<(), RepositoryError> {
        Err(RepositoryError::Unavailable("connection refused (os error 111)".into()))
    }
}

#[actix_web::test]
async fn a_service_whose_store_answers_is_live_and_ready() {
    let app = TestApp::new().start().await;
    for path in ["/health", "/health/", "/health/live", "/health/ready"] {
        for method in [Method::GET, Method::HEAD] {
            assert_eq!(app.anonymous(method, path).send().await.status, 200, "{path}");
        }
    }
}

#[actix_web::test]
async fn a_service_whose_store_is_out_of_reach_is_live_but_not_ready() {
    let app = TestApp::over(Arc::new(InMemoryTasks::default()), Arc::new(Asleep)).start().await;

    assert_eq!(app.anonymous(Method::GET, "/health/live").send().await.status, 200);
    for path in ["/health", "/health/ready"] {
        let answer = app.anonymous(Method::GET, path).send().await;
        assert_eq!(answer.outcome(), is(503, "UNAVAILABLE"));
        assert_eq!(answer.header("retry-after"), Some("1"));
        assert!(!answer.message().contains("refused"));
    }
}
