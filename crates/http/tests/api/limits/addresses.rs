//! The limit of 401 responses of an address.

use std::time::Duration;

use actix_web::http::Method;
use http::testing::is;

use super::{a_second, limited, limits, list};

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
