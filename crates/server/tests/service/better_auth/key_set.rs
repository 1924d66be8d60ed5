//! Tokens of the plugin `jwt`, signed with a key that Better Auth publishes.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::json;

use crate::{
    better_auth::account::part,
    better_auth::app::{BetterAuth, empty_database},
    better_auth::serving::{bearer, develop, every_route_serves, get, list, refusal, serve},
    support::SECRET,
};

/// As in a real app, the address of Better Auth is the only setting.
async fn tokens_work_on_every_route(algorithm: &str, options: serde_json::Value) {
    let Some(database) = empty_database().await else { return };
    let app = BetterAuth::start(&database, &json!({ "JWT_OPTIONS": options }));
    let service = serve(&database, &[("BETTER_AUTH_URL", &app.url)]).await;
    let (ada, bob) = (app.sign_up("ada").await, app.sign_up("bob").await);

    let token = app.jwt(&ada).await;
    assert_eq!(part(&token, 0)["alg"], algorithm);
    every_route_serves(&service, &ada.id, &bearer(&token)).await;

    let of_bob = bearer(&app.jwt(&bob).await);
    assert_eq!(get(&service, &format!("/api/{}/tasks", ada.id), &of_bob).await.0, 403);
    assert_eq!(get(&service, "/api/tasks", &of_bob).await.1["data"], json!([]));
}

#[tokio::test]
async fn a_token_of_a_plain_app_works_on_every_route() {
    tokens_work_on_every_route("EdDSA", json!({})).await;
}

#[tokio::test]
async fn a_token_signed_with_es256_works_on_every_route() {
    tokens_work_on_every_route("ES256", json!({ "jwks": { "keyPairConfig": { "alg": "ES256" } } })).await;
}

#[tokio::test]
async fn a_token_signed_with_rs256_works_on_every_route() {
    tokens_work_on_every_route("RS256", json!({ "jwks": { "keyPairConfig": { "alg": "RS256" } } })).await;
}

#[tokio::test]
async fn a_token_signed_with_ps256_works_on_every_route() {
    tokens_work_on_every_route("PS256", json!({ "jwks": { "keyPairConfig": { "alg": "PS256" } } })).await;
}

#[tokio::test]
async fn both_settings_at_once_confuse_nothing() {
    let Some(database) = empty_database().await else { return };
    let app = BetterAuth::on(&database);
    let service = serve(&database, &[("BETTER_AUTH_URL", &app.url), ("BETTER_AUTH_SECRET", SECRET)]).await;
    let ada = app.sign_up("ada").await;

    every_route_serves(&service, &ada.id, &bearer(&app.jwt(&ada).await)).await;
    every_route_serves(&service, &ada.id, &bearer(&app.own_token(&ada).await)).await;
    let link = app.token_of_a_link("ada@example.test").await;
    assert_eq!(list(&service, &bearer(&link)).await, (401, "UNAUTHORIZED".to_owned()));
}

#[tokio::test]
async fn keys_can_be_fetched_from_a_private_address() {
    let Some(database) = empty_database().await else { return };
    let app = BetterAuth::start(&database, &json!({ "BETTER_AUTH_URL": "https://app.example" }));
    let token = app.jwt(&app.sign_up("ada").await).await;
    assert_eq!(part(&token, 1)["iss"], "https://app.example");
    let settings = [("BETTER_AUTH_URL", "https://app.example"), ("JWKS_URL", &app.key_set())];

    let service = serve(&database, &settings).await;

    assert_eq!(list(&service, &bearer(&token)).await.0, 200);
}

#[tokio::test]
async fn issuer_and_audience_can_be_set_and_errors_name_both_sides() {
    let Some(database) = empty_database().await else { return };
    let options = json!({ "jwt": { "issuer": "https://accounts.example", "audience": "tasks" } });
    let app = BetterAuth::start(&database, &json!({ "JWT_OPTIONS": options }));
    let of_ada = bearer(&app.jwt(&app.sign_up("ada").await).await);

    let issuer = ("JWT_ISSUER", "https://accounts.example");
    let url = ("BETTER_AUTH_URL", app.url.as_str());
    let service = serve(&database, &[url, issuer, ("JWT_AUDIENCE", "tasks")]).await;
    assert_eq!(list(&service, &of_ada).await.0, 200);

    let why = refusal(&develop(&database, &[url]).await, &of_ada).await;
    for part in ["issuer", "https://accounts.example", &app.origin, "JWT_ISSUER"] {
        assert!(why.contains(part), "{part} is not in: {why}");
    }
    let why = refusal(&develop(&database, &[url, issuer]).await, &of_ada).await;
    for part in ["audience", "tasks", &app.origin, "JWT_AUDIENCE"] {
        assert!(why.contains(part), "{part} is not in: {why}");
    }
    let in_production = serve(&database, &[url]).await;
    assert_eq!(refusal(&in_production, &of_ada).await, "a valid bearer token is required");
}

#[tokio::test]
async fn an_expired_token_has_its_own_error_code() {
    let Some(database) = empty_database().await else { return };
    #[expect(clippy::disallowed_methods, reason = "Better Auth has no clock that a test could set")]
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    // Better Auth interprets a number as a point in time.
    let options = json!({ "jwt": { "expirationTime": now - 100 } });
    let app = BetterAuth::start(&database, &json!({ "JWT_OPTIONS": options }));
    let of_ada = bearer(&app.jwt(&app.sign_up("ada").await).await);

    let service = develop(&database, &[("BETTER_AUTH_URL", &app.url)]).await;

    assert_eq!(list(&service, &of_ada).await, (401, "TOKEN_EXPIRED".to_owned()));
    assert!(refusal(&service, &of_ada).await.contains("the token expired "));
}

#[tokio::test]
async fn without_an_app_address_the_error_names_the_setting() {
    let Some(database) = empty_database().await else { return };
    let app = BetterAuth::on(&database);
    let of_ada = bearer(&app.jwt(&app.sign_up("ada").await).await);

    let service = develop(&database, &[("BETTER_AUTH_SECRET", SECRET)]).await;

    let why = refusal(&service, &of_ada).await;
    assert!(why.contains("EdDSA") && why.contains("BETTER_AUTH_URL"), "{why}");
}
