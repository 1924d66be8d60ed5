//! The rate limit of a user.

use std::time::Duration;

use actix_web::http::Method;
use http::testing::is;

use super::{SOME_TASK, a_second, limited, limits, list, preflight};

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
