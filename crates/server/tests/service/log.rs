//! The content of the log.

use infra::testing::TestDatabase;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{SECRET, Service, read, token};

crate::on_both_databases!(every_request_has_one_line_and_no_line_is_private);

/// The greeting of a start in development follows the lines of the start.
#[test]
fn the_greeting_is_printed_after_the_log_of_the_start() {
    for _ in 0..10 {
        let service = Service::start(&[]);
        service.wait_for_log(|line| line.contains("Authorization: Bearer"));
        let log = service.log();
        let last = |text: &str| log.iter().rposition(|line| line.contains(text)).unwrap_or_else(|| panic!("{log:?}"));
        let greeting = last("tasks-api listens on");
        assert!(last("applied a migration") < greeting && last("listening") < greeting, "{log:?}");
        service.stop();
    }
}

async fn every_request_has_one_line_and_no_line_is_private(database: &TestDatabase) {
    let settings = [
        ("DATABASE_URL", database.url()),
        ("ENVIRONMENT", "production"),
        ("BETTER_AUTH_SECRET", SECRET),
        ("RUST_LOG", "trace"),
    ];
    let service = Service::start(&settings);
    let private = "a private matter";
    let token = token("alice");
    let send = async |method: Method, path: &str, body: Value| {
        let request = service.anonymous(method, path).header("authorization", format!("Bearer {token}"));
        read(request.header("x-request-id", "traced").json(&body).send().await.unwrap()).await
    };

    let (_, created) = send(Method::POST, "/api/tasks", json!({ "title": private, "description": private })).await;
    let id = created["data"]["id"].as_str().unwrap();
    send(Method::PATCH, &format!("/api/tasks/{id}"), json!({ "title": private })).await;
    send(Method::PATCH, &format!("/api/tasks/{id}"), json!({ "title": 7, private: private })).await;
    send(Method::GET, "/api/tasks?search=a+private+matter&cursor=a+private+matter", Value::Null).await;
    send(Method::GET, "/a%20private%20matter", Value::Null).await;
    send(Method::GET, "/api/bob/tasks", Value::Null).await;
    let (status, _) =
        read(service.anonymous(Method::GET, "/api/tasks").bearer_auth(format!("{token}x")).send().await.unwrap()).await;
    assert_eq!(status, 401);

    service.wait_for_log(|line| line.contains(r#""status":401"#));
    let lines: Vec<Value> = service.log().iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let answered: Vec<&Value> = lines.iter().filter(|line| line["message"] == "answered").collect();
    assert_eq!(
        answered.iter().map(|line| line["status"].as_u64().unwrap()).collect::<Vec<_>>(),
        [201, 200, 422, 422, 404, 403, 401]
    );
    assert_eq!(answered[0]["span"]["id"], "traced");
    assert_eq!((&answered[0]["span"]["user"], &answered[0]["route"]), (&json!("alice"), &json!("/api/tasks")));
    assert!(answered.iter().all(|line| line["duration_us"].is_u64()));
    let signature = token.rsplit('.').next().unwrap();
    for line in service.log() {
        for secret in [private, "a%20private%20matter", "a+private+matter", signature, SECRET] {
            assert!(!line.contains(secret), "{line}");
        }
    }
}
