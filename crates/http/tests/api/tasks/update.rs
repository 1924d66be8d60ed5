use actix_web::http::Method;
use http::testing::{TestApp, is};
use serde_json::json;
use time::Duration;

use super::BOTH_STYLES;

#[actix_web::test]
async fn put_and_patch_keep_absent_fields() {
    for method in [Method::PUT, Method::PATCH] {
        for base in BOTH_STYLES {
            let test = TestApp::new();
            let app = test.start().await;
            let body = r#"{"title":"Buy groceries","description":"Milk"}"#;
            let mut task = app.alice(Method::POST, base).json(body).send().await.json()["data"].take();
            let path = format!("{base}/{}", task["id"].as_str().unwrap());
            test.clock.advance(Duration::milliseconds(1500));

            let answer = app.alice(method.clone(), &path).json(r#"{"title":"Buy wine"}"#).send().await;

            task["title"] = "Buy wine".into();
            task["updated_at"] = "2026-02-06T10:00:01.500Z".into();
            task["version"] = 2.into();
            assert_eq!((answer.status.as_u16(), answer.json()), (200, json!({ "data": task })));
            assert_eq!(app.alice(Method::GET, &path).send().await.json()["data"], task);
        }
    }
}

#[actix_web::test]
async fn null_clears_the_description_only() {
    let app = TestApp::new().start().await;
    let path = format!("/api/tasks/{}", app.task_of_alice().await);
    let set = app.alice(Method::PATCH, &path).json(r#"{"description":"Milk"}"#).send().await;
    assert_eq!(set.json()["data"]["description"], "Milk");

    let cleared = app.alice(Method::PATCH, &path).json(r#"{"description":null}"#).send().await;
    assert_eq!(cleared.json()["data"]["description"], json!(null));

    for (field, body) in [("title", r#"{"title":null}"#), ("completed", r#"{"completed":null}"#)] {
        let answer = app.alice(Method::PATCH, &path).json(body).send().await;
        assert_eq!(answer.outcome(), is(422, "VALIDATION_ERROR"));
        assert_eq!(answer.json()["error"]["details"][0]["field"], field);
    }
}

#[actix_web::test]
async fn a_task_can_be_sent_back_with_one_key_changed() {
    let app = TestApp::new().start().await;
    let path = format!("/api/tasks/{}", app.task_of_alice().await);
    let mut task = app.alice(Method::GET, &path).send().await.json()["data"].take();
    task["completed"] = true.into();

    let answer = app.alice(Method::PUT, &path).json(task.to_string()).send().await;

    assert_eq!((answer.status.as_u16(), &answer.json()["data"]["completed"]), (200, &json!(true)));
}

#[actix_web::test]
async fn an_update_without_a_field_is_rejected() {
    let app = TestApp::new().start().await;
    let path = format!("/api/tasks/{}", app.task_of_alice().await);
    for body in [r"{}", r#"{"id":"x","version":3}"#] {
        let answer = app.alice(Method::PATCH, &path).json(body).send().await;
        assert_eq!(answer.outcome(), is(422, "VALIDATION_ERROR"));
        assert_eq!(answer.message(), "body must have at least one of title, description, completed");
    }
    let misspelt = app.alice(Method::PATCH, &path).json(r#"{"tilte":"x"}"#).send().await;
    assert_eq!(misspelt.message(), "tilte is not a known field");
    let unchanged = app.alice(Method::GET, &path).send().await;
    assert_eq!(unchanged.json()["data"]["version"], 1);
}

#[actix_web::test]
async fn updating_a_missing_task_is_404_unless_the_body_is_malformed() {
    let app = TestApp::new().start().await;
    let path = "/api/tasks/00000000-0000-7000-8000-00000000dead";

    let missing = app.alice(Method::PUT, path).json(r#"{"title":"x"}"#).send().await;
    assert_eq!(missing.outcome(), is(404, "NOT_FOUND"));
    let invalid = app.alice(Method::PUT, path).json(r#"{"title":""}"#).send().await;
    assert_eq!(invalid.outcome(), is(422, "VALIDATION_ERROR"));
}
