//! Requests from pages of other origins.

use std::{sync::Arc, time::Duration};

use actix_web::http::Method;
use http::{
    Limits,
    testing::{Answer, Client, Running, TestApp, is},
};

use crate::envelope::broken;

const PAGE: &str = "http://localhost:3000";

async fn preflight(app: &Running<impl Client>, origin: &str, headers: &str) -> Answer {
    app.anonymous(Method::OPTIONS, "/api/tasks")
        .header("origin", origin)
        .header("access-control-request-method", "PATCH")
        .header("access-control-request-headers", headers)
        .send()
        .await
}

#[actix_web::test]
async fn a_page_of_an_allowed_origin_may_call_the_api() {
    let app = TestApp::new().start().await;

    let preflight = preflight(&app, PAGE, "authorization,content-type").await;
    assert_eq!(preflight.status, 200);
    assert_eq!(preflight.header("access-control-allow-origin"), Some(PAGE));
    assert_eq!(preflight.header("access-control-max-age"), Some("3600"));
    for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] {
        assert!(preflight.header("access-control-allow-methods").unwrap().contains(method), "{method}");
    }

    let answer = app.alice(Method::GET, "/api/tasks").header("origin", PAGE).send().await;
    assert_eq!(answer.header("access-control-allow-origin"), Some(PAGE));
    let exposed = answer.header("access-control-expose-headers").unwrap().to_lowercase();
    let exposed: Vec<&str> = exposed.split(',').map(str::trim).collect();
    let expected =
        ["etag", "location", "x-request-id", "retry-after", "ratelimit", "ratelimit-policy", "idempotency-replayed"];
    for name in expected {
        assert!(exposed.contains(&name), "{name} in {exposed:?}");
    }
}

#[actix_web::test]
async fn a_page_may_send_any_header() {
    let app = TestApp::new().start().await;
    for headers in [
        "authorization,content-type,idempotency-key,if-match,if-none-match,x-request-id",
        "authorization,baggage,sentry-trace",
        "traceparent, tracestate",
        "x-requested-with,x-csrf-token,cache-control,pragma",
        "ngrok-skip-browser-warning",
    ] {
        let answer = preflight(&app, PAGE, headers).await;
        assert_eq!(answer.status, 200, "{headers}");
        assert_eq!(answer.header("access-control-allow-headers"), Some(headers));
    }
    let none = app.anonymous(Method::OPTIONS, "/api/tasks").header("origin", PAGE);
    assert_eq!(none.header("access-control-request-method", "DELETE").send().await.status, 200);
}

#[actix_web::test]
async fn a_page_may_include_credentials_if_they_mean_nothing() {
    let mut app = TestApp::new();
    app.api.cors_origins = "http://localhost:3000,https://*.vercel.app".parse().unwrap();
    let app = app.start().await;
    for origin in [PAGE, "https://a-git-b.vercel.app"] {
        let asked = preflight(&app, origin, "authorization").await;
        let answer = app.alice(Method::GET, "/api/tasks").header("origin", origin).send().await;
        let varies = asked.header("vary").unwrap();
        assert_eq!(varies, "Origin, Access-Control-Request-Method, Access-Control-Request-Headers", "{origin}");
        for answer in [asked, answer] {
            assert_eq!(answer.header("access-control-allow-origin"), Some(origin));
            assert_eq!(answer.header("access-control-allow-credentials"), Some("true"));
        }
    }
}

#[actix_web::test]
async fn a_public_page_may_call_a_service_on_a_private_network() {
    let app = TestApp::new().start().await;
    let asked = |origin| {
        let request = app.anonymous(Method::OPTIONS, "/api/tasks").header("origin", origin);
        request.header("access-control-request-method", "GET").header("access-control-request-private-network", "true")
    };
    assert_eq!(asked(PAGE).send().await.header("access-control-allow-private-network"), Some("true"));
    assert_eq!(asked("http://evil.example").send().await.header("access-control-allow-private-network"), None);
}

#[actix_web::test]
async fn a_page_of_an_allowed_origin_can_read_every_error() {
    let mut broken = broken();
    broken.api.request_timeout = Duration::from_millis(300);
    let one_at_a_time = Limits::new(512).unauthorized_per_address(1.try_into().unwrap());
    broken.api.limits = Arc::new(one_at_a_time);
    let app = broken.start().await;
    let task = "/api/tasks/00000000-0000-7000-8000-000000000001";
    let large = format!(r#"{{"title":"{}"}}"#, "x".repeat(1 << 20));
    let requests = [
        (401, app.anonymous(Method::GET, "/api/tasks").from("192.0.2.1")),
        (429, app.anonymous(Method::GET, "/api/tasks").from("192.0.2.1")),
        (403, app.alice(Method::GET, "/api/bob/tasks")),
        (404, app.alice(Method::GET, "/api/nothing")),
        (404, app.alice(Method::GET, "/nothing")),
        (405, app.alice(Method::DELETE, "/api/tasks")),
        (405, app.alice(Method::OPTIONS, "/api/tasks")),
        (413, app.alice(Method::POST, "/api/tasks").json(large)),
        (415, app.alice(Method::POST, "/api/tasks").body("text/plain", "x")),
        (422, app.alice(Method::POST, "/api/tasks").json("{}")),
        (500, app.alice(Method::POST, "/api/tasks").json(r#"{"title":"x"}"#)),
        (500, app.alice(Method::GET, task)),
        (503, app.alice(Method::GET, "/api/tasks")),
        (503, app.alice(Method::DELETE, task)),
    ];
    for (status, request) in requests {
        let answer = request.header("origin", PAGE).send().await;
        assert_eq!(answer.status.as_u16(), status);
        assert_eq!(answer.header("access-control-allow-origin"), Some(PAGE), "{answer:?}");
        assert!(answer.header("access-control-expose-headers").is_some(), "{answer:?}");
        assert_eq!(answer.header("vary"), Some("Origin"), "{answer:?}");
    }
}

#[actix_web::test]
async fn a_page_can_read_that_the_service_is_overloaded() {
    let mut app = TestApp::new();
    app.api.limits = Arc::new(Limits::new(0));
    let answer = app.start().await.alice(Method::GET, "/api/tasks").header("origin", PAGE).send().await;
    assert_eq!(answer.outcome(), is(503, "UNAVAILABLE"));
    assert_eq!(answer.header("access-control-allow-origin"), Some(PAGE));
}

#[actix_web::test]
async fn a_page_of_another_origin_may_not_call_the_api() {
    let app = TestApp::new().start().await;
    for origin in ["http://evil.example", "http://localhost:3001", "https://localhost:3000", "null"] {
        let asked = preflight(&app, origin, "authorization").await;
        assert_eq!(asked.outcome(), is(403, "FORBIDDEN"), "{origin}");
        assert!(asked.message().contains("CORS_ORIGINS"), "{}", asked.message());

        let answer = app.alice(Method::GET, "/api/tasks").header("origin", origin).send().await;
        assert_eq!(answer.status, 200, "the browser keeps the response from the page");
        let varies = asked.header("vary").unwrap();
        assert_eq!(varies, "Origin, Access-Control-Request-Method, Access-Control-Request-Headers", "{origin}");
        for answer in [asked, answer] {
            let granted = answer.headers.keys().find(|name| name.as_str().starts_with("access-control-"));
            assert_eq!(granted, None, "{origin}");
            assert!(answer.header("vary").unwrap().contains("Origin"), "{origin}");
        }
    }
}
