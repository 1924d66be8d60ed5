//! The cookie `session_data`: a cached copy of the session, valid for minutes after a sign-out, and not an API token.

use serde_json::{Value, json};

use crate::{
    better_auth::account::part,
    better_auth::app::{BetterAuth, empty_database},
    better_auth::serving::{bearer, develop, every_route_serves, list, refusal, serve},
    support::SECRET,
};

const EVERYTHING_ON: [(&str, &str); 2] = [("SESSION_TOKENS", "cookie"), ("BETTER_AUTH_SECRET", SECRET)];

fn with_cache(strategy: &str) -> Value {
    json!({ "session": { "cookieCache": { "enabled": true, "maxAge": 300, "strategy": strategy } } })
}

/// Checks that the cache of such an app is rejected and everything else works. Returns the cache and the error in development.
async fn an_app_works_without_its_cache(variables: Value) -> Option<(String, String)> {
    let database = empty_database().await?;
    let app = BetterAuth::start(&database, &variables);
    let settings = [EVERYTHING_ON.as_slice(), &[("BETTER_AUTH_URL", &app.url)]].concat();
    let service = serve(&database, &settings).await;
    let ada = app.sign_up("ada").await;

    let cache = ada.cookie_named("session_data");
    assert_eq!(list(&service, &bearer(cache)).await, (401, "UNAUTHORIZED".to_owned()));
    let in_its_cookie = vec![("cookie", format!("better-auth.session_data={cache}"))];
    assert_eq!(list(&service, &in_its_cookie).await, (401, "UNAUTHORIZED".to_owned()));

    let all_cookies = vec![("cookie", ada.cookie()), ("origin", app.origin.clone())];
    every_route_serves(&service, &ada.id, &all_cookies).await;
    for token in [&app.jwt(&ada).await, &app.own_token(&ada).await, &ada.session_token] {
        every_route_serves(&service, &ada.id, &bearer(token)).await;
    }
    let why = refusal(&develop(&database, &settings).await, &bearer(cache)).await;
    Some((cache.to_owned(), why))
}

#[tokio::test]
async fn a_cookie_cache_signed_with_the_secret_is_rejected_by_name() {
    let variables = json!({ "AUTH_OPTIONS": with_cache("jwt") });
    let Some((cache, why)) = an_app_works_without_its_cache(variables).await else { return };
    assert_eq!(part(&cache, 0)["alg"], "HS256");
    assert!(why.contains("cookie cache") && why.contains("/api/auth/token"), "{why}");
}

#[tokio::test]
async fn a_cookie_cache_signed_by_the_plugin_is_rejected_by_name() {
    let variables = json!({ "AUTH_OPTIONS": with_cache("jwt"), "JWT_OPTIONS": { "sessionCookieCache": true } });
    let Some((cache, why)) = an_app_works_without_its_cache(variables).await else { return };
    assert_eq!(part(&cache, 0)["alg"], "EdDSA");
    assert!(why.contains("cookie cache") && why.contains("/api/auth/token"), "{why}");
}

#[tokio::test]
async fn the_cache_in_its_own_form_is_rejected() {
    let variables = json!({ "AUTH_OPTIONS": with_cache("compact") });
    an_app_works_without_its_cache(variables).await;
}

#[tokio::test]
async fn the_encrypted_cache_is_rejected() {
    let variables = json!({ "AUTH_OPTIONS": with_cache("jwe") });
    an_app_works_without_its_cache(variables).await;
}
