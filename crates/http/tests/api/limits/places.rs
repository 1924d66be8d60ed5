//! The requests in flight, of all users and of each.

use std::{pin::pin, sync::Arc};

use actix_web::http::Method;
use futures_util::FutureExt;
use http::{Limits, testing::is};

use super::{SOME_TASK, limited, limits, list, preflight};
use crate::envelope::broken;

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
