//! Common properties of all responses, and of errors in particular.

use std::sync::Arc;

use actix_web::http::Method;
use async_trait::async_trait;
use domain::{
    CreateOptions, CreateOutcome, NewTask, OwnerId, Page, Precondition, RepositoryError, Task, TaskChanges, TaskId,
    TaskQuery, TaskRepository, Timestamp, UpdateOutcome, testing::InMemoryTasks,
};
use http::testing::{TestApp, is};
use serde_json::json;

/// A store whose methods all fail, each in a different way.
struct Broken;

#[async_trait]
impl TaskRepository for Broken {
    async fn create(
        &self,
        _: &OwnerId,
        _: TaskId,
        _: &NewTask,
        _: &CreateOptions,
        _: Timestamp,
    ) -> Result<CreateOutcome<Task>, RepositoryError> {
        Err(RepositoryError::Failed("duplicate key value violates unique constraint \"tasks_pkey\"".into()))
    }

    async fn get(&self, _: &OwnerId, _: TaskId) -> Result<Option<Task>, RepositoryError> {
        panic!("a defect")
    }

    async fn list(&self, _: &OwnerId, _: &TaskQuery) -> Result<Page<Task>, RepositoryError> {
        Err(RepositoryError::Unavailable("connection to 10.0.0.7:5432 refused".into()))
    }

    async fn update(
        &self,
        _: &OwnerId,
        _: TaskId,
        _: &TaskChanges,
        _: &Precondition,
        _: Timestamp,
    ) -> Result<UpdateOutcome<Task>, RepositoryError> {
        Ok(UpdateOutcome::Absent)
    }

    async fn delete(
        &self,
        _: &OwnerId,
        _: TaskId,
        _: &Precondition,
    ) -> Result<UpdateOutcome<Task, ()>, RepositoryError> {
        std::future::pending().await
    }
}

pub fn broken() -> TestApp {
    TestApp::over(Arc::new(Broken), Arc::new(InMemoryTasks::default()))
}

#[actix_web::test]
async fn an_error_carries_code_message_and_request_id() {
    let app = TestApp::new().start().await;

    let answer = app.alice(Method::GET, "/api/nothing").header("x-request-id", "from-the.client_1").send().await;

    assert_eq!(answer.status, 404);
    let expected =
        json!({ "error": { "code": "NOT_FOUND", "message": "not found", "request_id": "from-the.client_1" } });
    assert_eq!(answer.json(), expected);
    assert_eq!(answer.header("x-request-id"), Some("from-the.client_1"));
    assert_eq!(answer.header("content-type"), Some("application/json"));
}

#[actix_web::test]
async fn an_unsafe_request_id_is_replaced() {
    let app = TestApp::new().start().await;
    let too_long = "x".repeat(65);
    for unfit in ["", "a b", "a\tb", "\"quoted\"", "a/b", too_long.as_str()] {
        let answer = app.anonymous(Method::GET, "/health/live").header("x-request-id", unfit).send().await;

        let id = answer.header("x-request-id").unwrap();
        assert!(id.len() == 36 && id != unfit, "{unfit:?} became {id:?}");
    }
}

#[actix_web::test]
async fn every_response_carries_the_protecting_headers() {
    let app = broken().start().await;
    let answers = [
        app.anonymous(Method::GET, "/health/live").send().await,
        app.anonymous(Method::GET, "/api/tasks").send().await,
        app.anonymous(Method::GET, "/nowhere").send().await,
        app.alice(Method::GET, "/api/tasks").send().await,
        app.alice(Method::GET, "/api/tasks/00000000-0000-7000-8000-000000000001").send().await,
    ];
    for answer in answers {
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
        assert_eq!(answer.header("content-security-policy"), Some("default-src 'none'; frame-ancestors 'none'"));
        assert!(answer.header("x-request-id").is_some());
    }
}

#[actix_web::test]
async fn an_unreachable_store_is_503_without_its_message() {
    let app = broken().start().await;

    let answer = app.alice(Method::GET, "/api/tasks").send().await;

    assert_eq!(answer.outcome(), is(503, "UNAVAILABLE"));
    assert_eq!(answer.message(), "the service is temporarily unavailable");
    assert_eq!(answer.header("retry-after"), Some("1"));
}

#[actix_web::test]
async fn a_defect_is_500_without_its_message() {
    let app = broken().start().await;

    let answer = app.alice(Method::POST, "/api/tasks").json(r#"{"title":"x"}"#).send().await;

    assert_eq!(answer.outcome(), is(500, "INTERNAL_ERROR"));
    assert_eq!(answer.message(), "internal error");
}

#[actix_web::test]
async fn a_panic_is_500_and_the_service_continues() {
    let app = broken().start().await;

    let panicked = app
        .alice(Method::GET, "/api/tasks/00000000-0000-7000-8000-000000000001")
        .header("x-request-id", "it-was-me")
        .send()
        .await;

    assert_eq!(panicked.outcome(), is(500, "INTERNAL_ERROR"));
    assert_eq!(panicked.json()["error"]["request_id"], "it-was-me");
    assert_eq!(panicked.header("x-request-id"), Some("it-was-me"));
    assert_eq!(app.anonymous(Method::GET, "/health/live").send().await.status, 200);
}

#[actix_web::test]
async fn a_request_that_times_out_is_503_with_retry_after() {
    let app = broken().start().await;

    let path = "/api/tasks/00000000-0000-7000-8000-000000000001";
    let answer = app.alice(Method::DELETE, path).header("x-request-id", "patience").send().await;

    assert_eq!(answer.outcome(), is(503, "UNAVAILABLE"));
    assert_eq!(answer.header("retry-after"), Some("1"));
    assert_eq!(answer.json()["error"]["request_id"], "patience");
}

#[actix_web::test]
async fn a_405_response_lists_the_allowed_methods() {
    let app = TestApp::new().start().await;
    let cases = [
        (Method::DELETE, "/api/tasks", "HEAD, GET, POST"),
        (Method::POST, "/api/alice/tasks/1", "HEAD, GET, PUT, PATCH, DELETE"),
        (Method::GET, "/api/tasks/1/complete", "PATCH"),
        (Method::TRACE, "/api/tasks", "HEAD, GET, POST"),
        (Method::POST, "/health", "HEAD, GET"),
        (Method::POST, "/openapi.json", "HEAD, GET"),
        (Method::DELETE, "/docs/", "HEAD, GET"),
    ];
    for (method, path, allowed) in cases {
        let answer = app.alice(method.clone(), path).send().await;
        assert_eq!(answer.outcome(), is(405, "METHOD_NOT_ALLOWED"), "{method} {path}");
        assert_eq!(answer.header("allow"), Some(allowed), "{method} {path}");
    }
    let invented = Method::from_bytes(b"FOO").unwrap();
    assert_eq!(app.alice(invented, "/api/tasks").send().await.outcome(), is(405, "METHOD_NOT_ALLOWED"));
}

#[actix_web::test]
async fn a_path_without_a_route_is_not_found() {
    let app = TestApp::new().start().await;
    for path in [
        "/",
        "/api",
        "/api/",
        "/api/tasks/a/b",
        "/api/alice/tasks/a/b",
        "/apix",
        "//api/tasks",
        "/docs/../x",
        "/docs/none.js",
    ] {
        assert_eq!(app.alice(Method::GET, path).send().await.outcome(), is(404, "NOT_FOUND"), "{path}");
    }
}
