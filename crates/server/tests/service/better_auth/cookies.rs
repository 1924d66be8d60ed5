//! Session cookies. A browser sends them with requests from any page.

use reqwest::Method;
use serde_json::json;

use crate::{
    better_auth::app::{BetterAuth, empty_database},
    better_auth::serving::{Headers, bearer, create, every_route_serves, get, list, send, serve},
    support::SECRET,
};

const COOKIE: (&str, &str) = ("SESSION_TOKENS", "cookie");
const THE_SECRET: (&str, &str) = ("BETTER_AUTH_SECRET", SECRET);
const APP: &str = "https://app.example";

pub fn from_page(cookie: &str, origin: &str) -> Headers {
    vec![("cookie", cookie.to_owned()), ("origin", origin.to_owned())]
}

#[tokio::test]
async fn the_cookie_works_on_every_route_until_the_session_ends() {
    let Some(database) = empty_database().await else { return };
    let app = BetterAuth::on(&database);
    let service = serve(&database, &[COOKIE, THE_SECRET, ("BETTER_AUTH_URL", &app.url)]).await;
    let ada = app.sign_up("ada").await;
    assert_eq!(ada.cookies[0].0, "better-auth.session_token");

    every_route_serves(&service, &ada.id, &from_page(&ada.cookie(), &app.origin)).await;
    let among_others = format!("theme=dark; {}; a=b", ada.cookie());
    every_route_serves(&service, &ada.id, &from_page(&among_others, &app.origin)).await;
    // Bearer tokens of all kinds still work, and need no origin.
    for token in [&ada.session_token, &app.own_token(&ada).await, &app.jwt(&ada).await] {
        assert_eq!(create(&service, &bearer(token)).await.0, 201);
    }

    app.sign_out(&ada).await;
    assert_eq!(list(&service, &from_page(&ada.cookie(), &app.origin)).await.0, 401);
}

#[tokio::test]
async fn the_cookie_of_an_app_behind_https_works_too() {
    let Some(database) = empty_database().await else { return };
    let app = BetterAuth::start(&database, &json!({ "BETTER_AUTH_URL": APP }));
    let settings = [COOKIE, THE_SECRET, ("BETTER_AUTH_URL", APP), ("JWKS_URL", &app.key_set())];
    let service = serve(&database, &settings).await;
    let ada = app.sign_up("ada").await;

    assert_eq!(ada.cookies[0].0, "__Secure-better-auth.session_token");
    every_route_serves(&service, &ada.id, &from_page(&ada.cookie(), APP)).await;
}

#[tokio::test]
async fn two_cookies_show_the_same_user_as_in_the_app() {
    let Some(database) = empty_database().await else { return };
    for url in [None, Some(APP)] {
        let app = BetterAuth::start(&database, &url.map_or(json!({}), |url| json!({ "BETTER_AUTH_URL": url })));
        let settings = [COOKIE, THE_SECRET, ("BETTER_AUTH_URL", app.origin.as_str()), ("JWKS_URL", &app.key_set())];
        let service = serve(&database, &settings).await;
        let (ada, bob) =
            (app.sign_up(&format!("ada{}", url.is_some())).await, app.sign_up(&format!("bob{}", url.is_some())).await);
        let (of_ada, of_bob) = (ada.cookie_named("session_token"), bob.cookie_named("session_token"));
        for (plain, secure) in [(of_ada, of_bob), (of_bob, of_ada)] {
            let plain = format!("better-auth.session_token={plain}");
            let secure = format!("__Secure-better-auth.session_token={secure}");
            for cookie in [format!("{plain}; {secure}"), format!("{secure}; {plain}"), plain, secure] {
                let session = app.request(Method::GET, "/api/auth/get-session").header("cookie", &cookie);
                let session: serde_json::Value = session.send().await.unwrap().json().await.unwrap();
                let (_, created) = create(&service, &from_page(&cookie, &app.origin)).await;
                assert_eq!(created["data"]["user_id"], session["user"]["id"], "{cookie}");
            }
        }
    }
}

#[tokio::test]
async fn an_app_may_choose_the_prefix_of_its_cookies() {
    let Some(database) = empty_database().await else { return };
    let options = json!({ "advanced": { "cookiePrefix": "shop" } });
    let app = BetterAuth::start(&database, &json!({ "BETTER_AUTH_URL": APP, "AUTH_OPTIONS": options }));
    let settings = [
        COOKIE,
        THE_SECRET,
        ("BETTER_AUTH_URL", APP),
        ("JWKS_URL", &app.key_set()),
        ("SESSION_COOKIE", "shop.session_token"),
    ];
    let service = serve(&database, &settings).await;
    let ada = app.sign_up("ada").await;

    assert_eq!(ada.cookies[0].0, "__Secure-shop.session_token");
    every_route_serves(&service, &ada.id, &from_page(&ada.cookie(), APP)).await;
}

#[tokio::test]
async fn only_pages_of_the_app_can_change_data_with_the_cookie() {
    let Some(database) = empty_database().await else { return };
    let app = BetterAuth::on(&database);
    let settings = [
        COOKIE,
        THE_SECRET,
        ("BETTER_AUTH_URL", app.url.as_str()),
        ("CORS_ORIGINS", "https://one.example,https://two.example"),
    ];
    let service = serve(&database, &settings).await;
    let ada = app.sign_up("ada").await;
    let cookie = ada.cookie();
    let (_, task) = create(&service, &from_page(&cookie, &app.origin)).await;
    let id = task["data"]["id"].as_str().unwrap();

    let https = app.origin.replace("http:", "https:");
    let sibling = format!("{}.evil.example", app.origin);
    let foreign = ["https://evil.example", "null", "", &https, &sibling, "https://one.example.evil.example"];
    let others = foreign.map(|origin| from_page(&cookie, origin)).into_iter();
    let two_at_once = [("cookie", cookie.clone()), ("origin", app.origin.clone()), ("origin", APP.to_owned())];
    for page in others.chain([vec![("cookie", cookie.clone())], two_at_once.to_vec()]) {
        for style in ["/api/tasks".to_owned(), format!("/api/{}/tasks", ada.id)] {
            let task = format!("{style}/{id}");
            let title = Some(json!({ "title": "Buy wine" }));
            for (method, path, body) in [
                (Method::POST, &style, title.clone()),
                (Method::PUT, &task, title.clone()),
                (Method::PATCH, &task, title),
                (Method::PATCH, &format!("{task}/complete"), None),
                (Method::DELETE, &task, None),
            ] {
                let (status, body) = send(&service, method.clone(), path, &page, body).await;
                assert_eq!((status, &body["error"]["code"]), (403, &json!("FORBIDDEN")), "{method} {path} {page:?}");
            }
        }
    }
    let (_, list) = get(&service, "/api/tasks", &vec![("cookie", cookie.clone())]).await;
    assert_eq!(list["data"], json!([task["data"]]), "reading needs no origin, and nothing was changed");

    for origin in [app.origin.as_str(), "https://one.example", "https://two.example"] {
        assert_eq!(create(&service, &from_page(&cookie, origin)).await.0, 201, "{origin}");
    }
}

#[tokio::test]
async fn a_cookie_that_better_auth_did_not_sign_is_rejected() {
    let Some(database) = empty_database().await else { return };
    let app = BetterAuth::on(&database);
    let service = serve(&database, &[COOKIE, THE_SECRET, ("BETTER_AUTH_URL", &app.url)]).await;
    let (ada, bob) = (app.sign_up("ada").await, app.sign_up("bob").await);
    let signature = |value: &str| value.split_once('.').unwrap().1.to_owned();
    let of_ada = ada.cookie_named("session_token");

    let forged = [
        ada.session_token.clone(),
        format!("{}.", ada.session_token),
        format!("{}.{}", ada.session_token, signature(bob.cookie_named("session_token"))),
        format!("{}.{}", ada.session_token, "A".repeat(43) + "%3D"),
        of_ada.to_lowercase(),
        app.jwt(&ada).await,
        app.own_token(&ada).await,
    ];

    for value in forged {
        for name in ["better-auth.session_token", "__Secure-better-auth.session_token"] {
            let page = from_page(&format!("{name}={value}"), &app.origin);
            assert_eq!(list(&service, &page).await, (401, "UNAUTHORIZED".to_owned()), "{value}");
            assert_eq!(create(&service, &page).await.0, 401, "{value}");
        }
    }
}

#[tokio::test]
async fn cookies_are_ignored_unless_a_setting_accepts_them() {
    let Some(database) = empty_database().await else { return };
    let app = BetterAuth::on(&database);
    let ada = app.sign_up("ada").await;
    for sessions in ["off", "bearer"] {
        let settings = [("SESSION_TOKENS", sessions), THE_SECRET, ("BETTER_AUTH_URL", &app.url)];
        let service = serve(&database, &settings).await;
        assert_eq!(list(&service, &from_page(&ada.cookie(), &app.origin)).await.0, 401, "{sessions}");
    }
}
