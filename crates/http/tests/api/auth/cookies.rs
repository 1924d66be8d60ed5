//! Session tokens in Better Auth's cookie, which a browser sends with requests from any page.

use std::sync::Arc;

use actix_web::http::Method;
use base64::{Engine, prelude::BASE64_STANDARD};
use http::{
    Authenticator, SessionVerifier,
    testing::{TestApp, is, token_of, verifier},
};

use super::sessions::{Sessions, TOKEN, signed};

fn app() -> TestApp {
    let mut app = TestApp::new();
    let sessions = SessionVerifier::new(Sessions::of_alice(&app.clock), app.clock.clone(), None);
    let authenticator = Authenticator::default().with_secret(verifier(app.clock.clone())).with_sessions(sessions);
    let origins = vec!["http://localhost:3000".to_owned(), "https://app.test".to_owned()];
    app.api.authenticator = Arc::new(authenticator.with_cookies_from(origins).explaining());
    app
}

fn cookie(name: &str) -> String {
    let value = signed(TOKEN).replace('/', "%2F").replace('+', "%2B").replace('=', "%3D");
    format!("theme=dark; {name}={value}; other=1")
}

#[actix_web::test]
async fn the_cookie_is_accepted_under_either_name() {
    let app = app().start().await;
    for name in ["better-auth.session_token", "__Secure-better-auth.session_token"] {
        let answer = app.anonymous(Method::GET, "/api/alice/tasks").header("cookie", &cookie(name)).send().await;
        assert_eq!(answer.status, 200, "{name}");
    }
    for name in ["session_token", "Better-Auth.session_token", "x-better-auth.session_token"] {
        let answer = app.anonymous(Method::GET, "/api/tasks").header("cookie", &cookie(name)).send().await;
        assert_eq!(answer.outcome(), is(401, "UNAUTHORIZED"), "{name}");
    }
}

#[actix_web::test]
async fn a_cookie_must_be_signed() {
    let app = app().start().await;
    let forged = format!("{TOKEN}.{}", BASE64_STANDARD.encode([7; 32]));
    for value in [TOKEN, &forged, &format!("{TOKEN}."), "", "."] {
        let cookie = format!("better-auth.session_token={value}");
        let answer = app.anonymous(Method::GET, "/api/tasks").header("cookie", &cookie).send().await;
        assert_eq!(answer.outcome(), is(401, "UNAUTHORIZED"), "{value}");
    }
}

#[actix_web::test]
async fn a_cookie_allows_changes_only_from_pages_of_the_app() {
    let app = app().start().await;
    let create = || {
        let request = app.anonymous(Method::POST, "/api/tasks").json(r#"{"title":"x"}"#);
        request.header("cookie", &cookie("better-auth.session_token"))
    };
    for origin in ["http://localhost:3000", "https://app.test"] {
        assert_eq!(create().header("origin", origin).send().await.status, 201, "{origin}");
    }
    for origin in ["http://evil.example", "null", "https://app.test.evil.example", "http://app.test", ""] {
        assert_eq!(create().header("origin", origin).send().await.outcome(), is(403, "FORBIDDEN"), "{origin}");
    }
    assert_eq!(create().send().await.outcome(), is(403, "FORBIDDEN"), "no Origin header");
    let two = create().header("origin", "https://app.test").header("origin", "http://evil.example");
    assert_eq!(two.send().await.outcome(), is(403, "FORBIDDEN"));
    let list =
        app.anonymous(Method::GET, "/api/tasks").header("cookie", &cookie("better-auth.session_token")).send().await;
    assert_eq!(list.json()["data"].as_array().unwrap().len(), 2);
}

#[actix_web::test]
async fn a_bearer_token_overrides_a_cookie_and_needs_no_origin() {
    let app = app().start().await;
    let bob = domain::testing::bob();

    let created = app
        .as_user(&bob, Method::POST, "/api/tasks")
        .header("cookie", &cookie("better-auth.session_token"))
        .json(r#"{"title":"x"}"#)
        .send()
        .await;
    assert_eq!(created.json()["data"]["user_id"], "bob");

    let broken = app
        .anonymous(Method::GET, "/api/tasks")
        .header("authorization", &format!("Bearer {}x", token_of(&bob)))
        .header("cookie", &cookie("better-auth.session_token"));
    assert_eq!(
        broken.send().await.outcome(),
        is(401, "UNAUTHORIZED"),
        "the cookie is not used if the bearer token is rejected"
    );
}

#[actix_web::test]
async fn a_page_of_the_app_may_send_cookies_and_read_responses() {
    let app = app().start().await;

    let answer = app
        .anonymous(Method::GET, "/api/tasks")
        .header("origin", "http://localhost:3000")
        .header("cookie", &cookie("better-auth.session_token"))
        .send()
        .await;

    assert_eq!(answer.header("access-control-allow-credentials"), Some("true"));
    assert_eq!(answer.header("access-control-allow-origin"), Some("http://localhost:3000"));
}
