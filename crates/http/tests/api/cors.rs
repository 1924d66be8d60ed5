//! Requests from pages of other origins.

use actix_web::http::Method;
use http::testing::{TestApp, is};

#[actix_web::test]
async fn a_page_of_an_allowed_origin_may_call_the_api() {
    let app = TestApp::new().start().await;

    let preflight = app
        .anonymous(Method::OPTIONS, "/api/tasks")
        .header("origin", "http://localhost:3000")
        .header("access-control-request-method", "PATCH")
        .header("access-control-request-headers", "authorization,content-type")
        .send()
        .await;
    assert_eq!(preflight.status, 200);
    assert_eq!(preflight.header("access-control-allow-origin"), Some("http://localhost:3000"));
    assert_eq!(preflight.header("access-control-allow-credentials"), None);

    let answer = app.alice(Method::GET, "/api/tasks").header("origin", "http://localhost:3000").send().await;
    assert_eq!(answer.header("access-control-allow-origin"), Some("http://localhost:3000"));
    let exposed = answer.header("access-control-expose-headers").unwrap().to_lowercase();
    let exposed: Vec<&str> = exposed.split(',').map(str::trim).collect();
    for name in ["location", "x-request-id", "retry-after", "ratelimit", "ratelimit-policy"] {
        assert!(exposed.contains(&name), "{exposed:?}");
    }
}

#[actix_web::test]
async fn a_page_of_an_allowed_origin_can_read_errors() {
    let app = TestApp::new().start().await;

    let answer = app.anonymous(Method::GET, "/api/tasks").header("origin", "http://localhost:3000").send().await;

    assert_eq!(answer.outcome(), is(401, "UNAUTHORIZED"));
    assert_eq!(answer.header("access-control-allow-origin"), Some("http://localhost:3000"));
}

#[actix_web::test]
async fn a_page_of_another_origin_may_not_call_the_api() {
    let app = TestApp::new().start().await;
    for origin in ["http://evil.example", "http://localhost:3001", "https://localhost:3000", "null"] {
        let preflight = app
            .anonymous(Method::OPTIONS, "/api/tasks")
            .header("origin", origin)
            .header("access-control-request-method", "GET")
            .send()
            .await;
        assert_eq!(preflight.outcome(), is(403, "FORBIDDEN"), "{origin}");
        assert_eq!(preflight.header("access-control-allow-origin"), None);

        let answer = app.alice(Method::GET, "/api/tasks").header("origin", origin).send().await;
        assert_eq!(answer.header("access-control-allow-origin"), None, "{origin}");
    }
}
