use actix_web::http::Method;
use http::testing::{TestApp, is};
use serde_json::json;

use super::BOTH_STYLES;

#[actix_web::test]
async fn a_completion_without_a_value_toggles() {
    for base in BOTH_STYLES {
        let app = TestApp::new().start().await;
        let path = format!("{base}/{}/complete", app.task_of_alice().await);
        let patch = || app.alice(Method::PATCH, &path);

        let answers = [
            patch().send().await,
            patch().json("{}").send().await,
            patch().body("text/plain", "").send().await,
            patch().json(" {\n} ").send().await,
        ];

        let marks: Vec<_> = answers.iter().map(|answer| answer.json()["data"]["completed"].clone()).collect();
        assert_eq!(marks, [json!(true), json!(false), json!(true), json!(false)]);
        assert_eq!(answers[3].json()["data"]["version"], 5);
    }
}

#[actix_web::test]
async fn a_completion_with_a_value_is_idempotent() {
    let app = TestApp::new().start().await;
    let path = format!("/api/tasks/{}/complete", app.task_of_alice().await);
    for (wish, _attempt) in [(true, 1), (true, 2), (false, 1), (false, 2)] {
        let body = json!({ "completed": wish, "id": "ignored", "version": 7 }).to_string();
        let answer = app.alice(Method::PATCH, &path).json(body).send().await;
        assert_eq!((answer.status.as_u16(), &answer.json()["data"]["completed"]), (200, &json!(wish)));
    }
}

#[actix_web::test]
async fn a_malformed_completion_changes_nothing() {
    let app = TestApp::new().start().await;
    let id = app.task_of_alice().await;
    for (base, status) in [("/api/tasks", 422), ("/api/alice/tasks", 400)] {
        let path = format!("{base}/{id}/complete");
        for body in [r#"{"completed":"true"}"#, r#"{"completed":null}"#, r#"{"complete":true}"#, r#"{"completed":1}"#] {
            let answer = app.alice(Method::PATCH, &path).json(body).send().await;
            assert_eq!(answer.outcome(), is(status, "VALIDATION_ERROR"), "{body}");
        }
    }
    let task = app.alice(Method::GET, &format!("/api/tasks/{id}")).send().await;
    assert_eq!(task.json()["data"]["version"], 1);
}

#[actix_web::test]
async fn completing_a_missing_task_is_404() {
    let app = TestApp::new().start().await;

    let answer = app.alice(Method::PATCH, "/api/tasks/00000000-0000-7000-8000-00000000dead/complete").send().await;

    assert_eq!(answer.outcome(), is(404, "NOT_FOUND"));
}
