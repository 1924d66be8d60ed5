//! Limits on requests.

use std::{num::NonZeroU32, pin::pin, sync::Arc, time::Duration};

use actix_web::http::Method;
use futures_util::FutureExt;
use http::{
    Limits,
    testing::{Client, Request, Running, TestApp, is},
};

use crate::envelope::broken;

const SOME_TASK: &str = "/api/tasks/00000000-0000-7000-8000-000000000001";

fn limits() -> Limits {
    Limits::new(512)
}

fn a_second(requests: u32) -> NonZeroU32 {
    NonZeroU32::new(requests).unwrap()
}

fn limited(limits: Limits) -> TestApp {
    let mut app = TestApp::new();
    app.api.limits = Arc::new(limits);
    app
}

fn list<S: Client>(app: &Running<S>) -> Request<'_, S> {
    app.alice(Method::GET, "/api/tasks")
}

fn preflight<S: Client>(app: &Running<S>) -> Request<'_, S> {
    let request = app.anonymous(Method::OPTIONS, "/api/tasks").header("origin", "http://localhost:3000");
    request.header("access-control-request-method", "GET")
}

#[actix_web::test]
async fn requests_above_the_cap_are_rejected_at_once() {
    let mut test = broken();
    test.api.limits = Arc::new(Limits::new(2));
    let app = test.start().await;
    let mut one = pin!(app.alice(Method::DELETE, SOME_TASK).send());
    let mut two = pin!(app.bob(Method::DELETE, SOME_TASK).send());
    assert!(one.as_mut().now_or_never().is_none() && two.as_mut().now_or_never().is_none());
    assert_eq!(test.api.metrics.in_flight.get(), 2);

    // The second has a token that was not verified before.
    for request in [list(&app), app.nobody(Method::GET, "/api/nothing")] {
        let answer = request.header("origin", "http://localhost:3000").send().await;
        assert_eq!(answer.outcome(), is(503, "UNAVAILABLE"));
        assert_eq!(answer.message(), "too many requests are in flight: retry in a moment");
        assert_eq!(answer.header("retry-after"), Some("1"));
        assert_eq!(answer.header("access-control-allow-origin"), Some("http://localhost:3000"));
    }
    for path in ["/health/live", "/health/ready", "/openapi.json", "/docs/"] {
        assert_eq!(app.anonymous(Method::GET, path).send().await.status, 200, "{path}");
    }
    assert_eq!(preflight(&app).send().await.status, 200);
    // These need no work.
    assert_eq!(app.anonymous(Method::GET, "/api/tasks").send().await.status, 401);
    assert_eq!(app.alice(Method::GET, "/api/nothing").send().await.status, 404);
    assert_eq!(test.api.metrics.in_flight.get(), 2);
}

#[actix_web::test]
async fn a_user_gets_a_share_of_the_places() {
    let mut test = broken();
    test.api.limits = Arc::new(Limits::new(4).in_flight_per_user(2));
    let app = test.start().await;
    let mut one = Box::pin(app.alice(Method::DELETE, SOME_TASK).send());
    let mut two = pin!(app.alice(Method::DELETE, SOME_TASK).send());
    assert!(one.as_mut().now_or_never().is_none() && two.as_mut().now_or_never().is_none());

    let refused = app.alice(Method::PATCH, SOME_TASK).json(r#"{"title":"x"}"#).send().await;
    assert_eq!(refused.outcome(), is(429, "RATE_LIMITED"));
    assert_eq!(refused.message(), "too many of your requests are in flight: retry when one is answered");
    assert_eq!(refused.header("retry-after"), Some("1"));
    assert_eq!(app.bob(Method::PATCH, SOME_TASK).json(r#"{"title":"x"}"#).send().await.status, 404);

    drop(one);
    assert_eq!(app.alice(Method::PATCH, SOME_TASK).json(r#"{"title":"x"}"#).send().await.status, 404);
}

#[actix_web::test]
async fn a_body_that_does_not_arrive_takes_no_place() {
    tokio::time::pause();
    let test = limited(Limits::new(1).in_flight_per_user(1));
    let app = test.start().await;
    let mut slow: Vec<_> = (0..100).map(|_| Box::pin(app.bob(Method::POST, "/api/tasks").endless().send())).collect();
    assert!(slow.iter_mut().all(|slow| slow.as_mut().now_or_never().is_none()));

    assert_eq!(list(&app).send().await.status, 200);
    assert_eq!(app.bob(Method::GET, "/api/tasks").send().await.status, 200);
    assert_eq!(slow.remove(0).await.outcome(), is(408, "REQUEST_TIMEOUT"));
}

#[actix_web::test]
async fn a_request_that_is_rejected_anyway_waits_for_no_body() {
    let app = limited(limits()).start().await;
    let requests = [
        (401, app.anonymous(Method::POST, "/api/tasks")),
        (403, app.alice(Method::POST, "/api/bob/tasks")),
        (404, app.alice(Method::POST, "/api/nothing/at/all")),
        (404, app.alice(Method::PATCH, "/api/tasks/nonsense")),
        (405, app.alice(Method::DELETE, "/api/tasks")),
        (413, app.alice(Method::POST, "/api/tasks").header("content-length", "65537")),
        (422, app.alice(Method::PATCH, SOME_TASK).header("if-match", "nonsense")),
    ];
    for (status, request) in requests {
        let answer = request.endless().send().now_or_never();
        assert_eq!(answer.map(|answer| answer.status.as_u16()), Some(status));
    }
    let of_the_limit = app.alice(Method::POST, "/api/tasks").header("content-length", "65536");
    assert!(of_the_limit.endless().send().now_or_never().is_none());
}

#[actix_web::test]
async fn a_request_frees_its_place_in_every_outcome() {
    tokio::time::pause();
    let mut test = broken();
    test.api.limits = Arc::new(Limits::new(1));
    let app = test.start().await;
    let is_full = || test.api.metrics.in_flight.get() == 1;

    {
        let mut dropped = pin!(app.alice(Method::DELETE, SOME_TASK).send());
        assert!(dropped.as_mut().now_or_never().is_none() && is_full());
    }
    assert!(!is_full(), "the client hung up");
    let mut too_long = pin!(app.alice(Method::DELETE, SOME_TASK).send());
    assert!(too_long.as_mut().now_or_never().is_none() && is_full());
    assert_eq!(too_long.await.outcome(), is(503, "UNAVAILABLE"));
    assert!(!is_full(), "the request timed out");
    assert_eq!(app.alice(Method::GET, SOME_TASK).send().await.outcome(), is(500, "INTERNAL_ERROR"));
    assert!(!is_full(), "its handler panicked");
    assert_eq!(app.anonymous(Method::GET, "/api/tasks").send().await.outcome(), is(401, "UNAUTHORIZED"));
    assert_eq!(app.alice(Method::PATCH, SOME_TASK).json(r#"{"title":"x"}"#).send().await.status, 404);
    assert!(!is_full(), "it was answered");
}

#[actix_web::test]
async fn a_user_is_limited_and_sees_how_many_are_left() {
    tokio::time::pause();
    let app = limited(limits().per_user(a_second(4))).start().await;

    let routes = ["/api/tasks", "/api/alice/tasks", SOME_TASK, "/api/bob/tasks"];
    for ((path, status), left) in routes.into_iter().zip([200, 200, 404, 403]).zip(["3", "2", "1", "0"]) {
        let answer = app.alice(Method::GET, path).send().await;
        assert_eq!(answer.status, status, "{path}");
        assert_eq!(answer.header("ratelimit-policy"), Some(r#""user";q=4;w=1"#), "{path}");
        assert_eq!(answer.header("ratelimit"), Some(&*format!(r#""user";r={left};t=1"#)), "{path}");
        assert_eq!(answer.header("retry-after"), None);
    }
    let answer = list(&app).header("origin", "http://localhost:3000").send().await;

    assert_eq!(answer.outcome(), is(429, "RATE_LIMITED"));
    assert_eq!(answer.message(), "too many requests: retry in a second");
    assert_eq!(answer.header("retry-after"), Some("1"));
    assert_eq!(answer.header("ratelimit-policy"), Some(r#""user";q=4;w=1"#));
    assert_eq!(answer.header("ratelimit"), Some(r#""user";r=0;t=1"#));
    assert_eq!(answer.header("access-control-allow-origin"), Some("http://localhost:3000"));
    assert_eq!(app.bob(Method::GET, "/api/tasks").send().await.header("ratelimit"), Some(r#""user";r=3;t=1"#));
}

#[actix_web::test]
async fn the_limit_of_a_user_refills_evenly_within_a_second() {
    tokio::time::pause();
    for rate in [1, 3, 1000] {
        let app = limited(limits().per_user(a_second(rate))).start().await;
        for _request in 0..rate {
            assert_eq!(list(&app).send().await.status, 200);
        }
        assert_eq!(list(&app).send().await.status, 429);

        tokio::time::advance(Duration::from_secs(1) / rate).await;
        assert_eq!(list(&app).send().await.status, 200, "{rate}");
        assert_eq!(list(&app).send().await.status, 429, "{rate}");

        tokio::time::advance(Duration::from_secs(1)).await;
        let left = format!(r#""user";r={};t=1"#, rate - 1);
        assert_eq!(list(&app).send().await.header("ratelimit"), Some(&*left), "{rate}");
    }
}

#[actix_web::test]
async fn preflights_and_rejected_tokens_do_not_count_for_a_user() {
    tokio::time::pause();
    let app = limited(limits().per_user(a_second(1))).start().await;
    for _request in 0..10 {
        assert_eq!(preflight(&app).send().await.status, 200);
        let refused = list(&app).header("authorization", "Bearer another").send().await;
        assert_eq!((refused.status.as_u16(), refused.header("ratelimit")), (401, None));
    }

    assert_eq!(list(&app).send().await.status, 200);
}

#[actix_web::test]
async fn responses_have_no_limit_headers_without_limits() {
    tokio::time::pause();
    let app = limited(limits()).start().await;
    for _request in 0..1000 {
        let answer = list(&app).send().await;
        assert_eq!((answer.status.as_u16(), answer.header("ratelimit")), (200, None));
        assert_eq!(answer.header("ratelimit-policy"), None);
        assert_eq!(app.anonymous(Method::GET, "/api/tasks").send().await.status, 401);
    }
}

#[actix_web::test]
async fn an_address_gets_a_limited_number_of_401_responses() {
    tokio::time::pause();
    let app = limited(limits().unauthorized_per_address(a_second(2))).start().await;
    let refused = |peer: &str| app.anonymous(Method::GET, "/api/tasks").from(peer);
    for token in ["nonsense", "x.y.z"] {
        let answer = refused("192.0.2.1").header("authorization", &format!("Bearer {token}")).send().await;
        assert_eq!(answer.outcome(), is(401, "UNAUTHORIZED"));
    }

    let answer = refused("192.0.2.1").send().await;
    assert_eq!(answer.outcome(), is(429, "RATE_LIMITED"));
    assert_eq!(answer.message(), "too many requests without a valid token from this address: retry in a second");
    assert_eq!(answer.header("retry-after"), Some("1"));
    assert_eq!((answer.header("www-authenticate"), answer.header("ratelimit")), (None, None));

    assert_eq!(refused("192.0.2.1").header("x-forwarded-for", "192.0.2.2").send().await.status, 429);
    assert_eq!(refused("192.0.2.2").send().await.status, 401);
    tokio::time::advance(Duration::from_millis(500)).await;
    assert_eq!(refused("192.0.2.1").send().await.status, 401);
    assert_eq!(refused("192.0.2.1").send().await.status, 429);
}

#[actix_web::test]
async fn requests_with_a_valid_token_do_not_count_for_an_address() {
    tokio::time::pause();
    let app = limited(limits().unauthorized_per_address(a_second(1))).start().await;
    for _request in 0..10 {
        assert_eq!(list(&app).from("192.0.2.1").send().await.status, 200);
        assert_eq!(app.alice(Method::GET, "/api/bob/tasks").from("192.0.2.1").send().await.status, 403);
        // A valid token of a user without a row.
        let create = app.nobody(Method::POST, "/api/tasks").json(r#"{"title":"x"}"#).from("192.0.2.1");
        assert_eq!(create.send().await.status, 401);
    }
    let refused = || app.anonymous(Method::GET, "/api/tasks").from("192.0.2.1").send();
    assert_eq!(refused().await.status, 401);
    assert_eq!(refused().await.status, 429);

    assert_eq!(list(&app).from("192.0.2.1").send().await.status, 200);
}

#[actix_web::test]
async fn an_address_over_its_limit_may_use_known_tokens_only() {
    tokio::time::pause();
    let app = limited(limits().unauthorized_per_address(a_second(1))).start().await;
    assert_eq!(list(&app).from("192.0.2.1").send().await.status, 200);
    assert_eq!(app.anonymous(Method::GET, "/api/tasks").from("192.0.2.1").send().await.status, 401);

    assert_eq!(list(&app).from("192.0.2.1").send().await.status, 200);
    assert_eq!(app.bob(Method::GET, "/api/tasks").from("192.0.2.1").send().await.outcome(), is(429, "RATE_LIMITED"));
    tokio::time::advance(Duration::from_secs(1)).await;
    assert_eq!(app.bob(Method::GET, "/api/tasks").from("192.0.2.1").send().await.status, 200);
}

#[actix_web::test]
async fn an_ipv6_network_and_a_mapped_address_count_as_one() {
    tokio::time::pause();
    let app = limited(limits().unauthorized_per_address(a_second(1))).start().await;
    let refused = |peer: &str| app.anonymous(Method::GET, "/api/tasks").from(peer).send();
    for (first, same, other) in [
        ("2001:db8:0:1::1", "2001:db8:0:1:ffff:ffff:ffff:ffff", "2001:db8:0:2::1"),
        ("192.0.2.1", "::ffff:192.0.2.1", "::ffff:192.0.2.2"),
    ] {
        assert_eq!(refused(first).await.status, 401, "{first}");
        assert_eq!(refused(same).await.status, 429, "{same}");
        assert_eq!(refused(other).await.status, 401, "{other}");
    }
}

#[actix_web::test]
async fn clients_of_a_trusted_proxy_count_separately() {
    tokio::time::pause();
    let proxies = "10.0.0.0/8".parse().unwrap();
    let app = limited(limits().unauthorized_per_address(a_second(1)).behind(proxies)).start().await;
    let refused = |client: &str| {
        let request = app.anonymous(Method::GET, "/api/tasks").from("10.0.0.1");
        request.header("x-forwarded-for", client).send()
    };
    assert_eq!(refused("192.0.2.1").await.status, 401);
    assert_eq!(refused("192.0.2.2").await.status, 401);

    assert_eq!(refused("192.0.2.1").await.status, 429);
    assert_eq!(refused("192.0.2.3, 192.0.2.1").await.status, 429, "what the client says of itself does not count");
}

#[actix_web::test]
async fn idle_users_and_addresses_are_forgotten() {
    tokio::time::pause();
    let test = limited(limits().per_user(a_second(5)).unauthorized_per_address(a_second(5)));
    let app = test.start().await;
    let (limits, kept_small) = (test.api.limits.clone(), test.api.limits.clone());
    actix_web::rt::spawn(async move { kept_small.keep_small().await });
    tokio::task::yield_now().await;
    for number in 0..1000 {
        let peer = format!("2001:db8:0:{number:x}::1");
        assert_eq!(app.anonymous(Method::GET, "/api/tasks").from(&peer).send().await.status, 401);
    }
    assert_eq!(list(&app).send().await.status, 200);
    assert_eq!(limits.remembered(), 1001);

    tokio::time::advance(Duration::from_millis(4_900)).await;
    for left in [4, 3] {
        let answer = app.bob(Method::GET, "/api/tasks").send().await;
        assert_eq!(answer.header("ratelimit"), Some(&*format!(r#""user";r={left};t=1"#)));
    }
    tokio::time::sleep(Duration::from_millis(150)).await;

    assert_eq!(limits.remembered(), 1, "only Bob has not yet got back all");
}
