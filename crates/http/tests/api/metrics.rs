//! Metrics.

use std::{num::NonZeroU32, pin::pin, sync::Arc, time::Duration};

use actix_web::http::Method;
use domain::testing::{FixedClock, alice};
use futures_util::FutureExt;
use http::{
    Authenticator, ErrorLabels, JwksVerifier, Limits, Metrics, RejectedLabels, RequestLabels, RouteLabels,
    SessionVerifier, Style, TokenLabels, TokenVerifier, endpoints,
    testing::{Published, SIGNERS, TestApp, good_claims, is, key_set, key_set_rules, token_of, verifier},
};
use prometheus_client::{encoding::text, registry::Registry};

use crate::{
    auth::sessions::{Sessions, TOKEN},
    envelope::broken,
};

const TASK: &str = "00000000-0000-7000-8000-000000000001";

fn answered(metrics: &Metrics, route: &'static str, method: &'static str, status: u16) -> u64 {
    metrics.requests.get(&RequestLabels { route, method, status }).map_or(0, |count| count.get())
}

fn errors(metrics: &Metrics, code: &'static str) -> u64 {
    metrics.errors.get(&ErrorLabels { code }).map_or(0, |count| count.get())
}

fn tokens(metrics: &Metrics, verifier: &'static str, result: &'static str) -> u64 {
    metrics.tokens.get(&TokenLabels { verifier, result }).map_or(0, |count| count.get())
}

/// The metrics as Prometheus reads them.
fn printed(metrics: &Metrics) -> String {
    let mut registry = Registry::default();
    registry.register("requests", "", metrics.requests.clone());
    registry.register("durations", "", metrics.durations.clone());
    let mut lines = String::new();
    text::encode(&mut lines, &registry).unwrap();
    lines
}

#[actix_web::test]
async fn a_request_is_counted_by_the_pattern_of_its_route() {
    let test = TestApp::new();
    let app = test.start().await;
    let mut routes = vec!["/health", "/health/live", "/health/ready", "/openapi.json", "/docs", "/docs/{file}"];
    for route in routes.clone() {
        app.anonymous(Method::GET, &route.replace("{file}", "index.html")).send().await;
    }
    for style in Style::ALL {
        for endpoint in endpoints() {
            let pattern: &'static str = endpoint.full_path(style).leak();
            let path = pattern.replace("{user_id}", "alice").replace("{id}", TASK);
            for slash in ["", "/"] {
                app.alice(endpoint.method.clone(), &format!("{path}{slash}")).send().await;
            }
            routes.push(pattern);
        }
    }

    for route in routes {
        let line = format!("requests_total{{route=\"{route}\"");
        assert!(printed(&test.api.metrics).contains(&line), "{route}");
    }
    assert!(!printed(&test.api.metrics).contains(TASK) && !printed(&test.api.metrics).contains("unmatched"));
    assert_eq!(answered(&test.api.metrics, "/api/tasks", "GET", 200), 2);
    assert_eq!(answered(&test.api.metrics, "/api/{user_id}/tasks/{id}", "GET", 404), 2);
    let labels = RouteLabels { route: "/api/tasks", method: "GET" };
    assert!(test.api.metrics.durations.get(&labels).is_some());
}

#[actix_web::test]
async fn unknown_paths_and_methods_are_counted_together() {
    let test = TestApp::new();
    let app = test.start().await;
    for path in ["/", "/wp-login.php", "/api/tasks/1/2/3", "/api/a/b/c/d", "/health/ready/x"] {
        app.alice(Method::GET, path).send().await;
    }
    for invented in ["FOO", "BAR", "get"] {
        app.alice(Method::from_bytes(invented.as_bytes()).unwrap(), "/api/tasks").send().await;
    }

    assert_eq!(answered(&test.api.metrics, "unmatched", "GET", 404), 5);
    assert_eq!(answered(&test.api.metrics, "/api/tasks", "other", 405), 3);
}

#[actix_web::test]
async fn a_request_is_counted_in_every_outcome() {
    let test = broken();
    let app = test.start().await;
    let task = format!("/api/tasks/{TASK}");
    app.anonymous(Method::GET, &task).send().await;
    app.alice(Method::GET, &task).send().await; // panics
    app.alice(Method::DELETE, &task).send().await; // takes too long
    app.alice(Method::GET, "/api/tasks").send().await; // out of reach
    app.alice(Method::GET, "/api/bob/tasks").send().await;

    let metrics = &test.api.metrics;
    for (route, method, status) in [
        ("/api/tasks/{id}", "GET", 401),
        ("/api/tasks/{id}", "GET", 500),
        ("/api/tasks/{id}", "DELETE", 503),
        ("/api/tasks", "GET", 503),
        ("/api/{user_id}/tasks", "GET", 403),
    ] {
        assert_eq!(answered(metrics, route, method, status), 1, "{method} {route} {status}");
    }
    for (code, count) in [("UNAUTHORIZED", 1), ("INTERNAL_ERROR", 1), ("UNAVAILABLE", 2), ("FORBIDDEN", 1)] {
        assert_eq!(errors(metrics, code), count, "{code}");
    }
    // The request that timed out, by its bucket.
    let slow = "durations_bucket{le=\"1.0\",route=\"/api/tasks/{id}\",method=\"DELETE\"} 0";
    assert!(printed(metrics).contains(slow), "{}", printed(metrics));
}

#[actix_web::test]
async fn a_request_is_in_flight_until_it_ends() {
    let test = broken();
    let app = test.start().await;
    let in_flight = || test.api.metrics.in_flight.get();

    let hanging = app.alice(Method::DELETE, &format!("/api/tasks/{TASK}")).send();
    let mut hanging = Box::pin(hanging);
    assert!(tokio::time::timeout(Duration::from_millis(50), &mut hanging).await.is_err());
    assert_eq!(in_flight(), 1);
    drop(hanging);
    assert_eq!(in_flight(), 0);

    app.alice(Method::GET, &format!("/api/tasks/{TASK}")).send().await; // panics
    app.alice(Method::GET, "/api/tasks").send().await;
    assert_eq!(in_flight(), 0);
}

#[actix_web::test]
async fn rejected_requests_are_counted_by_limit() {
    let turned_away = |limits: &Limits| {
        ["overload", "user", "user_in_flight", "address"]
            .map(|reason| limits.rejected().get(&RejectedLabels { reason }).unwrap().get())
    };
    let one = NonZeroU32::MIN;
    let limits = Arc::new(Limits::new(1).in_flight_per_user(1).per_user(one).unauthorized_per_address(one));
    let mut test = broken();
    test.api.limits = limits.clone();
    let app = test.start().await;
    assert_eq!(turned_away(&limits), [0, 0, 0, 0]);

    for _twice in 0..2 {
        app.alice(Method::GET, "/api/tasks").send().await;
    }
    assert_eq!(turned_away(&limits), [0, 1, 0, 0]);
    for _twice in 0..2 {
        app.anonymous(Method::GET, "/api/tasks").send().await;
    }
    assert_eq!(turned_away(&limits), [0, 1, 0, 1]);
    let mut in_work = pin!(app.bob(Method::DELETE, &format!("/api/tasks/{TASK}")).from("192.0.2.1").send());
    assert!(in_work.as_mut().now_or_never().is_none());
    app.nobody(Method::GET, "/api/tasks").from("192.0.2.1").send().await;
    assert_eq!(turned_away(&limits), [1, 1, 0, 1]);
    tokio::time::sleep(Duration::from_secs(1)).await;
    let of_the_same = app.bob(Method::DELETE, &format!("/api/tasks/{TASK}")).from("192.0.2.1").send();
    let (_, answer) = futures_util::future::join(in_work, of_the_same).await;
    assert_eq!(answer.outcome(), is(429, "RATE_LIMITED"));
    assert_eq!(turned_away(&limits), [1, 1, 1, 1]);
}

#[actix_web::test]
async fn tokens_are_counted_by_verifier_and_result() {
    let clock = Arc::new(FixedClock::default());
    let jwks = JwksVerifier::new(Arc::new(Published(key_set(&*SIGNERS))), key_set_rules(clock.clone()));
    let sessions = SessionVerifier::new(Sessions::of_alice(&clock), clock.clone(), None);
    let mut test = TestApp::new();
    test.api.authenticator = Arc::new(
        Authenticator::default()
            .with_secret(verifier(clock.clone()))
            .with_key_set(Arc::new(jwks))
            .with_sessions(sessions),
    );
    let app = test.start().await;
    let signed_by_key = SIGNERS[1].token(&good_claims());
    let forged = token_of(&alice()).replace('.', ".A");
    for token in [&token_of(&alice()), &signed_by_key, &signed_by_key, TOKEN, "another-session", &forged] {
        app.anonymous(Method::GET, "/api/tasks").header("authorization", &format!("Bearer {token}")).send().await;
    }
    app.anonymous(Method::GET, "/api/tasks").send().await;
    app.anonymous(Method::GET, "/health").send().await;

    for (verifier, result, count) in [
        ("secret", "ok", 1),
        ("key_set", "ok", 2),
        ("session", "ok", 1),
        ("session", "no_session", 1),
        ("secret", "bad_signature", 1),
        ("none", "no_token", 1),
    ] {
        assert_eq!(tokens(&test.api.metrics, verifier, result), count, "{verifier} {result}");
    }
}

#[actix_web::test]
async fn a_fetched_key_set_has_an_age() {
    let clock = Arc::new(FixedClock::default());
    let jwks = JwksVerifier::new(Arc::new(Published(key_set(&*SIGNERS))), key_set_rules(clock));
    assert_eq!(jwks.key_set_age(), None);

    jwks.verify(&SIGNERS[1].token(&good_claims())).await.unwrap();

    tokio::time::pause();
    tokio::time::advance(Duration::from_mins(30)).await;
    assert_eq!(jwks.key_set_age().unwrap().as_secs() / 60, 30);
}
