//! Session tokens in Better Auth's cookie, which a browser sends with requests from any page.

use std::sync::Arc;

use actix_web::http::Method;
use base64::{Engine, prelude::BASE64_STANDARD};
use http::{
    Authenticator, SessionVerifier,
    testing::{TestApp, is, token_of, verifier},
};

use super::sessions::{Sessions, TOKEN, signed};

const PLAIN: &str = "better-auth.session_token";
const SECURE: &str = "__Secure-better-auth.session_token";
const BOBS: &str = "bobs0000000000000000000000000000";

fn app() -> TestApp {
    app_with(PLAIN)
}

/// An application that accepts the cookie with this name.
fn app_with(name: &str) -> TestApp {
    let mut app = TestApp::new();
    let sessions = Sessions::of(&[(TOKEN, "alice"), (BOBS, "bob")], &app.clock);
    let sessions = SessionVerifier::new(sessions, app.clock.clone(), None);
    let authenticator = Authenticator::default().with_secret(verifier(app.clock.clone())).with_sessions(sessions);
    app.api.cors_origins = "http://localhost:3000,https://app.test,https://*.vercel.app".parse().unwrap();
    let authenticator = authenticator.with_cookies(name.to_owned(), app.api.cors_origins.clone());
    app.api.authenticator = Arc::new(authenticator.explaining());
    app
}

/// The value of a cookie with this session token.
fn value_of(token: &str) -> String {
    signed(token).replace('/', "%2F").replace('+', "%2B").replace('=', "%3D")
}

fn cookie(name: &str) -> String {
    format!("theme=dark; {name}={}; other=1", value_of(TOKEN))
}

#[actix_web::test]
async fn the_cookie_is_accepted_under_one_name_only() {
    for own in [PLAIN, SECURE, "__Host-session"] {
        let app = app_with(own).start().await;
        let answer = app.anonymous(Method::GET, "/api/alice/tasks").header("cookie", &cookie(own)).send().await;
        assert_eq!(answer.status, 200, "{own}");
        let others = ["session_token", "Better-Auth.session_token", "x-better-auth.session_token", PLAIN, SECURE];
        for name in others.into_iter().filter(|name| *name != own) {
            let answer = app.anonymous(Method::GET, "/api/tasks").header("cookie", &cookie(name)).send().await;
            assert_eq!(answer.outcome(), is(401, "UNAUTHORIZED"), "{name}");
        }
    }
}

/// The user whose session Better Auth finds: that of the first cookie with its name.
fn user_of_better_auth(name: &str, cookies: &[(&str, &str)]) -> Option<&'static str> {
    let (_, value) = cookies.iter().find(|(found, _)| found.trim() == name)?;
    [(TOKEN, "alice"), (BOBS, "bob")].into_iter().find(|(token, _)| value_of(token) == *value).map(|(_, user)| user)
}

#[actix_web::test]
async fn no_set_of_cookies_makes_another_user_than_in_the_app() {
    let (alice, bob) = (value_of(TOKEN), value_of(BOBS));
    let cookies: Vec<(&str, &str)> = [PLAIN, SECURE, " better-auth.session_token "]
        .into_iter()
        .flat_map(|name| [alice.as_str(), bob.as_str(), TOKEN, ""].map(|value| (name, value)))
        .collect();
    let pairs = cookies.iter().flat_map(|one| cookies.iter().map(move |two| vec![*one, *two]));
    let sets: Vec<Vec<(&str, &str)>> = cookies.iter().map(|one| vec![*one]).chain(pairs).collect();
    for name in [PLAIN, SECURE] {
        let app = app_with(name).start().await;
        for set in &sets {
            let of_name: Vec<&str> =
                set.iter().filter(|(found, _)| found.trim() == name).map(|(_, value)| *value).collect();
            let agree = of_name.iter().all(|value| *value == of_name[0]);
            let expected = user_of_better_auth(name, set).filter(|_| agree);
            let lines: Vec<String> = set.iter().map(|(name, value)| format!("{name}={value}")).collect();
            // In one header, and as HTTP/2 splits it.
            for headers in [vec![lines.join("; ")], lines] {
                let request = app.anonymous(Method::POST, "/api/tasks").header("origin", "https://app.test");
                let request = headers.iter().fold(request, |request, line| request.header("cookie", line));
                let answer = request.json(r#"{"title":"x"}"#).send().await;
                let user = answer.json()["data"]["user_id"].as_str().map(str::to_owned);
                assert_eq!(user.as_deref(), expected, "{name}: {headers:?}");
            }
        }
    }
}

#[actix_web::test]
async fn two_session_cookies_are_rejected_with_the_remedy() {
    let app = app().start().await;
    let two = format!("{PLAIN}={}; {PLAIN}={}", value_of(TOKEN), value_of(BOBS));
    let answer = app.anonymous(Method::GET, "/api/tasks").header("cookie", &two).send().await;
    assert_eq!(answer.outcome(), is(401, "UNAUTHORIZED"));
    assert!(answer.message().contains("delete the cookies of this site"), "{}", answer.message());
}

#[actix_web::test]
async fn other_cookies_may_hold_any_bytes() {
    let app = app().start().await;
    let name = format!("theme=dunkelgr\u{fc}n; {}", cookie(PLAIN));
    let answer = app.anonymous(Method::GET, "/api/alice/tasks").header("cookie", &name).send().await;
    assert_eq!(answer.status, 200);
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
    for origin in [
        "http://evil.example",
        "null",
        "https://app.test.evil.example",
        "http://app.test",
        "",
        // Its pages may call the API, but anyone can have one.
        "https://evil.vercel.app",
    ] {
        assert_eq!(create().header("origin", origin).send().await.outcome(), is(403, "FORBIDDEN"), "{origin}");
    }
    assert_eq!(create().send().await.outcome(), is(403, "FORBIDDEN"), "no Origin header");
    for method in [Method::GET, Method::POST] {
        let request = app.anonymous(method.clone(), "/api/tasks").header("cookie", &cookie(PLAIN));
        let two = request.header("origin", "https://app.test").header("origin", "http://evil.example");
        assert_eq!(two.send().await.outcome(), is(403, "FORBIDDEN"), "{method} with two Origin headers");
    }
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

#[actix_web::test]
async fn a_page_of_a_subdomain_cannot_use_a_cookie() {
    let app = app().start().await;
    let from_page = |method: Method| app.anonymous(method, "/api/tasks").header("origin", "https://evil.vercel.app");

    let answer = from_page(Method::GET).header("cookie", &cookie(PLAIN)).send().await;
    assert_eq!(answer.outcome(), is(403, "FORBIDDEN"));
    assert_eq!(answer.header("access-control-allow-credentials"), None);

    let preflight = from_page(Method::OPTIONS).header("access-control-request-method", "GET").send().await;
    assert_eq!(preflight.header("access-control-allow-origin"), Some("https://evil.vercel.app"));
    assert_eq!(preflight.header("access-control-allow-credentials"), None);

    let token = format!("Bearer {}", token_of(&domain::testing::bob()));
    let with_token = from_page(Method::GET).header("authorization", &token).send().await;
    assert_eq!(with_token.status, 200, "a token is the page's own");
}
