//! Bodies, valid and malformed.

use actix_web::http::Method;
use http::testing::{TestApp, is};

/// Every route that takes a body.
const WITH_A_BODY: [(Method, &str); 4] =
    [(Method::POST, ""), (Method::PUT, "/{id}"), (Method::PATCH, "/{id}"), (Method::PATCH, "/{id}/complete")];

#[actix_web::test]
async fn a_body_that_is_not_a_json_object_is_rejected() {
    let app = TestApp::new().start().await;
    let id = app.task_of_alice().await;
    let deep = format!("{{\"title\":{}{}}}", "[".repeat(100_000 / 2), "]".repeat(100));
    let bodies: [&[u8]; 20] = [
        b"x",
        b"[\"x\",true]",
        b"[]",
        b"null",
        b"true",
        b"7",
        b"\"title\"",
        b"{",
        b"{\"title\"}",
        b"{\"title\":\"x\"",
        b"{\"title\":\"x\"} {}",
        b"{\"title\":\"x\",}",
        b"{'title':'x'}",
        b"{\"title\":\"x\",\"title\":\"y\"}",
        b"{\"title\":\"x\",\"\\u0074itle\":\"y\"}",
        b"{\"title\":\"\\ud800\"}",
        b"{\"title\":\"\xff\"}",
        b"\xef\xbb\xbf{\"title\":\"x\"}",
        b"{\"version\":1e400}",
        deep.as_bytes(),
    ];
    for (method, suffix) in WITH_A_BODY {
        for base in ["/api/tasks", "/api/alice/tasks"] {
            let path = format!("{base}{}", suffix.replace("{id}", &id));
            for body in bodies {
                let answer = app.alice(method.clone(), &path).json(body).send().await;
                assert_eq!(
                    answer.outcome(),
                    is(400, "INVALID_JSON"),
                    "{method} {path} {:?}",
                    body.escape_ascii().to_string().get(..60)
                );
            }
        }
    }
}

#[actix_web::test]
async fn a_missing_body_is_rejected() {
    let app = TestApp::new().start().await;

    let answer = app.alice(Method::POST, "/api/tasks").send().await;

    assert_eq!(answer.outcome(), is(400, "INVALID_JSON"));
}

#[actix_web::test]
async fn only_json_content_types_are_accepted() {
    let app = TestApp::new().start().await;
    for content_type in
        ["application/json", "application/json; charset=utf-8", "APPLICATION/JSON", "application/merge-patch+json"]
    {
        let answer = app.alice(Method::POST, "/api/tasks").body(content_type, r#"{"title":"x"}"#).send().await;
        assert_eq!(answer.status, 201, "{content_type}");
    }
    for content_type in
        ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", "text/json", "json", ""]
    {
        let answer = app.alice(Method::POST, "/api/tasks").body(content_type, r#"{"title":"x"}"#).send().await;
        assert_eq!(answer.outcome(), is(415, "UNSUPPORTED_MEDIA_TYPE"), "{content_type}");
        assert_eq!(answer.message(), "send the body as Content-Type: application/json");
    }
    let plain = app.alice(Method::POST, "/api/tasks").header("content-encoding", "identity").json(r#"{"title":"x"}"#);
    assert_eq!(plain.send().await.status, 201);
    let packed = app.alice(Method::POST, "/api/tasks").header("content-encoding", "gzip").json(r#"{"title":"x"}"#);
    assert_eq!(packed.send().await.outcome(), is(415, "UNSUPPORTED_MEDIA_TYPE"));
}

#[actix_web::test]
async fn a_body_has_at_most_64_kib() {
    let app = TestApp::new().start().await;
    let of_size = |bytes: usize| format!("{}{:>width$}", r#"{"title":"x""#, "}", width = bytes - 12);

    assert_eq!(of_size(65536).len(), 65536);
    assert_eq!(app.alice(Method::POST, "/api/tasks").json(of_size(65536)).send().await.status, 201);
    let too_large = app.alice(Method::POST, "/api/tasks").json(of_size(65537)).send().await;
    assert_eq!(too_large.outcome(), is(413, "PAYLOAD_TOO_LARGE"));
}

#[actix_web::test]
async fn many_faults_do_not_make_a_large_response() {
    let app = TestApp::new().start().await;
    let body: Vec<String> = (0..5000).map(|number| format!("\"k{number}\":0")).collect();

    let answer = app.alice(Method::POST, "/api/tasks").json(format!("{{{}}}", body.join(","))).send().await;

    assert_eq!(answer.outcome(), is(422, "VALIDATION_ERROR"));
    assert!(answer.bytes.len() < 4096, "{} bytes", answer.bytes.len());
}

#[actix_web::test]
async fn text_limits_count_characters() {
    let app = TestApp::new().start().await;
    for letter in ["a", "水", "😀"] {
        let body = serde_json::json!({ "title": letter.repeat(500), "description": letter.repeat(10_000) }).to_string();
        assert_eq!(app.alice(Method::POST, "/api/tasks").json(body).send().await.status, 201);
        let body = serde_json::json!({ "title": letter.repeat(501), "description": letter.repeat(10_001) }).to_string();
        let answer = app.alice(Method::POST, "/api/tasks").json(body).send().await;
        assert_eq!(answer.json()["error"]["details"].as_array().unwrap().len(), 2);
    }
}
