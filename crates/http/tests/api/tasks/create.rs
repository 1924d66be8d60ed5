use actix_web::http::Method;
use http::testing::{TestApp, is};
use serde_json::json;

use super::BOTH_STYLES;

#[actix_web::test]
async fn a_created_task_is_returned_with_its_location() {
    for base in BOTH_STYLES {
        let app = TestApp::new().start().await;

        let answer = app
            .alice(Method::POST, base)
            .json(r#"{"title":"  Buy groceries ","description":"Milk, eggs, bread"}"#)
            .send()
            .await;

        assert_eq!(answer.status, 201);
        let expected = json!({ "data": {
            "id": "00000000-0000-7000-8000-000000000001",
            "user_id": "alice",
            "title": "Buy groceries",
            "description": "Milk, eggs, bread",
            "completed": false,
            "created_at": "2026-02-06T10:00:00.000Z",
            "updated_at": "2026-02-06T10:00:00.000Z",
            "version": 1,
        } });
        assert_eq!(answer.json(), expected);
        assert_eq!(answer.header("location"), Some(format!("{base}/00000000-0000-7000-8000-000000000001").as_str()));
    }
}

#[actix_web::test]
async fn the_location_of_a_task_can_be_followed() {
    for base in ["/api/tasks/", "/api/alice/tasks/", "/api/%61lice/tasks"] {
        let app = TestApp::new().start().await;

        let created = app.alice(Method::POST, base).json(r#"{"title":"x"}"#).send().await;
        let found = app.alice(Method::GET, created.header("location").unwrap()).send().await;

        assert_eq!(found.json(), created.json());
    }
}

#[actix_web::test]
async fn only_a_title_is_required() {
    let app = TestApp::new().start().await;

    let answer = app.alice(Method::POST, "/api/tasks").json(r#"{"title":"x","completed":true}"#).send().await;

    assert_eq!(answer.json()["data"]["description"], json!(null));
    assert_eq!(answer.json()["data"]["completed"], json!(true));
}

#[actix_web::test]
async fn read_only_keys_are_ignored() {
    let app = TestApp::new().start().await;

    let body = r#"{"title":"x","id":"00000000-0000-7000-8000-00000000ffff","user_id":"bob","version":99,
                   "created_at":"1999-01-01T00:00:00.000Z","updated_at":{"any":["thing"]}}"#;
    let answer = app.alice(Method::POST, "/api/tasks").json(body).send().await;

    let task = &answer.json()["data"];
    assert_eq!(task["user_id"], "alice");
    assert_eq!(task["id"], "00000000-0000-7000-8000-000000000001");
    assert_eq!((&task["version"], &task["created_at"]), (&json!(1), &json!("2026-02-06T10:00:00.000Z")));
    let bobs = app.bob(Method::GET, "/api/tasks").send().await;
    assert_eq!(bobs.json()["data"], json!([]));
}

#[actix_web::test]
async fn every_fault_is_listed_with_the_status_of_the_style() {
    let app = TestApp::new().start().await;
    for (base, status) in [("/api/tasks", 422), ("/api/alice/tasks", 400)] {
        let body = r#"{"title":"","description":7,"completed":"yes","colour":"red"}"#;
        let answer = app.alice(Method::POST, base).json(body).send().await;

        assert_eq!(answer.outcome(), is(status, "VALIDATION_ERROR"));
        let expected = json!([
            { "field": "colour", "message": "is not a known field" },
            { "field": "completed", "message": "must be true or false" },
            { "field": "description", "message": "must be a string or null" },
            { "field": "title", "message": "must be 1 to 500 characters" },
        ]);
        assert_eq!(answer.json()["error"]["details"], expected);
    }
}

#[actix_web::test]
async fn a_missing_title_is_rejected() {
    let app = TestApp::new().start().await;
    for (body, message) in [(r"{}", "title is required"), (r#"{"title":null}"#, "title must be a string")] {
        let answer = app.alice(Method::POST, "/api/tasks").json(body).send().await;

        assert_eq!(answer.outcome(), is(422, "VALIDATION_ERROR"));
        assert_eq!(answer.message(), message);
    }
}

#[actix_web::test]
async fn an_unknown_user_is_401_with_an_explanation() {
    let app = TestApp::new().start().await;

    let answer = app.nobody(Method::POST, "/api/tasks").json(r#"{"title":"x"}"#).send().await;

    assert_eq!(answer.outcome(), is(401, "UNKNOWN_USER"));
    assert!(answer.header("www-authenticate").is_some_and(|challenge| challenge.starts_with("Bearer")));
    assert!(answer.message().contains("its user does not exist"), "{}", answer.message());
}

#[actix_web::test]
async fn the_first_task_provisions_the_user() {
    let app = TestApp::provisioning().start().await;

    let answer = app.nobody(Method::POST, "/api/tasks").json(r#"{"title":"x"}"#).send().await;

    assert_eq!((answer.status.as_u16(), &answer.json()["data"]["user_id"]), (201, &json!("nobody")));
}
