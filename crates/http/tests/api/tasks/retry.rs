//! Retried creates, and creates above the quota.

use std::{sync::Arc, time::Duration};

use actix_web::http::Method;
use async_trait::async_trait;
use domain::{
    CreateOptions, CreateOutcome, NewTask, OwnerId, Page, Precondition, RepositoryError, Task, TaskChanges, TaskId,
    TaskQuery, TaskRepository, Timestamp, UpdateOutcome,
    testing::{InMemoryTasks, alice},
};
use http::testing::{Answer, Client, Running, TestApp, is};
use serde_json::Value;

use super::BOTH_STYLES;

const BODY: &str = r#"{"title":"Buy groceries","description":"Milk"}"#;

async fn create(app: &Running<impl Client>, path: &str, key: &str, body: &str) -> Answer {
    app.alice(Method::POST, path).header("idempotency-key", key).json(body).send().await
}

async fn list(app: &Running<impl Client>) -> Vec<Value> {
    app.alice(Method::GET, "/api/tasks").send().await.json()["data"].as_array().unwrap().clone()
}

#[actix_web::test]
async fn a_retried_create_gets_the_first_response() {
    for path in BOTH_STYLES {
        let app = TestApp::new().start().await;
        let first = create(&app, path, "8e03978e", BODY).await;
        assert_eq!((first.status.as_u16(), first.header("idempotency-replayed")), (201, None));
        let task = first.header("location").unwrap();
        app.alice(Method::PATCH, task).json(r#"{"title":"Buy wine"}"#).send().await;

        // Quoted, with different white space, in a different order, and with ignored keys.
        let same = r#"{ "description": "Milk", "title": " Buy groceries", "completed": false, "version": 7 }"#;
        for (key, body) in [("8e03978e", BODY), ("\"8e03978e\"", BODY), ("8e03978e", same)] {
            let again = create(&app, path, key, body).await;
            assert_eq!((again.status.as_u16(), again.header("idempotency-replayed")), (201, Some("true")));
            assert_eq!(again.bytes, first.bytes);
            assert_eq!((again.header("location"), again.header("etag")), (Some(task), Some("\"1\"")));
        }
        assert_eq!(list(&app).await.len(), 1);
    }
}

#[actix_web::test]
async fn a_key_belongs_to_one_create_of_one_user() {
    for path in BOTH_STYLES {
        let app = TestApp::new().start().await;
        create(&app, path, "key", BODY).await;

        for other in
            [r#"{"title":"Buy groceries"}"#, r#"{"title":"Buy groceries","description":"Milk","completed":true}"#]
        {
            assert_eq!(create(&app, path, "key", other).await.outcome(), is(422, "IDEMPOTENCY_KEY_REUSED"));
        }
        let of_bob = app.bob(Method::POST, "/api/tasks").header("idempotency-key", "key").json(BODY).send().await;
        assert_eq!((of_bob.status.as_u16(), of_bob.header("idempotency-replayed")), (201, None));
        assert_eq!(list(&app).await.len(), 1);
    }
}

#[actix_web::test]
async fn an_expired_key_can_be_used_again() {
    let mut test = TestApp::new();
    test.api.service = test.api.service.replaying_for(Duration::from_mins(1));
    let app = test.start().await;
    create(&app, "/api/tasks", "key", BODY).await;

    test.clock.advance(time::Duration::MINUTE);
    assert_eq!(create(&app, "/api/tasks", "key", BODY).await.header("idempotency-replayed"), Some("true"));
    test.clock.advance(time::Duration::MILLISECOND);
    assert_eq!(create(&app, "/api/tasks", "key", BODY).await.header("idempotency-replayed"), None);
    assert_eq!(list(&app).await.len(), 2);
}

#[actix_web::test]
async fn rejected_input_leaves_the_key_free() {
    let app = TestApp::new().start().await;
    assert_eq!(create(&app, "/api/tasks", "key", r#"{"title":""}"#).await.status, 422);

    assert_eq!(create(&app, "/api/tasks", "key", BODY).await.header("idempotency-replayed"), None);
}

#[actix_web::test]
async fn a_malformed_key_is_rejected() {
    let app = TestApp::new().start().await;
    for (path, status) in [("/api/tasks", 422), ("/api/alice/tasks", 400)] {
        let too_long = "k".repeat(256);
        let length = "must be 1 to 255 printable ASCII characters";
        let quotes = "must be plain or in double quotes";
        for (key, problem) in [("", length), ("\"\"", length), ("\"open", quotes), ("ké", length), (&too_long, length)]
        {
            let answer = create(&app, path, key, BODY).await;
            assert_eq!(answer.outcome(), is(status, "VALIDATION_ERROR"), "{key:?}");
            assert_eq!(answer.message(), format!("Idempotency-Key {problem}"), "{key:?}");
        }
        let request = app.alice(Method::POST, path).header("idempotency-key", "one").header("idempotency-key", "two");
        let answer = request.json(BODY).send().await;
        assert_eq!(answer.outcome(), is(status, "VALIDATION_ERROR"));
        assert_eq!(answer.message(), "Idempotency-Key is sent more than once");
    }
    assert!(list(&app).await.is_empty());
}

#[actix_web::test]
async fn a_create_above_the_quota_is_rejected() {
    let mut test = TestApp::new();
    test.api.service = test.api.service.with_task_quota(2);
    let app = test.start().await;
    for key in ["1", "2"] {
        assert_eq!(create(&app, "/api/tasks", key, BODY).await.status, 201);
    }

    for path in BOTH_STYLES {
        assert_eq!(create(&app, path, "3", BODY).await.outcome(), is(409, "QUOTA_EXCEEDED"));
        let without_key = app.alice(Method::POST, path).json(BODY).send().await;
        assert_eq!(without_key.outcome(), is(409, "QUOTA_EXCEEDED"));
        assert_eq!(create(&app, path, "2", BODY).await.header("idempotency-replayed"), Some("true"));
    }
    assert_eq!(app.bob(Method::POST, "/api/tasks").json(BODY).send().await.status, 201);
}

/// A store in which a create with the same key is always in flight.
struct Busy;

#[async_trait]
impl TaskRepository for Busy {
    async fn create(
        &self,
        owner: &OwnerId,
        _: TaskId,
        _: &NewTask,
        options: &CreateOptions,
        now: Timestamp,
    ) -> Result<CreateOutcome<Task>, RepositoryError> {
        let asked = options.idempotency.as_ref().map(|guard| (guard.key.as_str(), guard.since.unix_milliseconds()));
        assert_eq!((asked, owner), (Some(("key", now.unix_milliseconds() - 60_000)), &alice().id));
        Ok(CreateOutcome::KeyInUse)
    }

    async fn get(&self, _: &OwnerId, _: TaskId) -> Result<Option<Task>, RepositoryError> {
        Ok(None)
    }

    async fn list(&self, _: &OwnerId, _: &TaskQuery) -> Result<Page<Task>, RepositoryError> {
        Ok(Page { items: Vec::new(), has_more: false })
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
        Ok(UpdateOutcome::Absent)
    }
}

#[actix_web::test]
async fn a_create_is_409_while_its_key_is_in_use() {
    let mut test = TestApp::over(Arc::new(Busy), Arc::new(InMemoryTasks::default()));
    test.api.service = test.api.service.replaying_for(Duration::from_mins(1));
    let app = test.start().await;

    for path in BOTH_STYLES {
        let answer = create(&app, path, "key", BODY).await;
        assert_eq!(answer.outcome(), is(409, "IDEMPOTENCY_KEY_IN_USE"));
        assert_eq!(answer.header("retry-after"), Some("1"));
    }
}
