//! Tokens signed with the secret that both sides share: HS256.

use serde_json::json;

use crate::{
    better_auth::account::part,
    better_auth::app::{BetterAuth, empty_database},
    better_auth::serving::{bearer, develop, every_route_serves, list, refusal, serve},
    support::SECRET,
};

#[tokio::test]
async fn a_token_signed_by_the_app_needs_only_the_secret() {
    let Some(database) = empty_database().await else { return };
    let app = BetterAuth::on(&database);
    let service = serve(&database, &[("BETTER_AUTH_SECRET", SECRET)]).await;
    let ada = app.sign_up("ada").await;

    let token = app.own_token(&ada).await;

    assert_eq!(part(&token, 0)["alg"], "HS256");
    every_route_serves(&service, &ada.id, &bearer(&token)).await;
}

#[tokio::test]
async fn a_plugin_token_signed_with_the_secret_works_on_every_route() {
    let Some(database) = empty_database().await else { return };
    let app = BetterAuth::start(&database, &json!({ "JWT_SIGN": "HS256" }));
    let ada = app.sign_up("ada").await;
    let token = app.jwt(&ada).await;
    assert_eq!((&part(&token, 0)["alg"], &part(&token, 1)["iss"]), (&json!("HS256"), &json!(app.origin)));

    let service = serve(&database, &[("BETTER_AUTH_SECRET", SECRET)]).await;
    every_route_serves(&service, &ada.id, &bearer(&token)).await;

    let pinned = [("BETTER_AUTH_SECRET", SECRET), ("JWT_ISSUER", &app.origin), ("JWT_AUDIENCE", &app.origin)];
    assert_eq!(list(&serve(&database, &pinned).await, &bearer(&token)).await.0, 200);
    let of_another = [("BETTER_AUTH_SECRET", SECRET), ("JWT_ISSUER", "https://other.example")];
    assert_eq!(list(&serve(&database, &of_another).await, &bearer(&token)).await.0, 401);
}

#[tokio::test]
async fn the_token_of_a_verification_link_is_rejected() {
    let Some(database) = empty_database().await else { return };
    let app = BetterAuth::on(&database);
    let ada = app.sign_up("ada").await;

    let link = app.token_of_a_link("ada@example.test").await;

    assert_eq!(part(&link, 0)["alg"], "HS256");
    assert_eq!(part(&link, 1)["userId"], ada.id);
    let service = develop(&database, &[("BETTER_AUTH_SECRET", SECRET)]).await;
    let why = refusal(&service, &bearer(&link)).await;
    assert!(why.contains("sub"), "{why}");
}

#[tokio::test]
async fn a_secret_that_differs_is_named_as_the_cause() {
    let Some(database) = empty_database().await else { return };
    let app = BetterAuth::on(&database);
    let of_ada = bearer(&app.own_token(&app.sign_up("ada").await).await);

    let service = develop(&database, &[("BETTER_AUTH_SECRET", &format!("{SECRET}\n"))]).await;

    let why = refusal(&service, &of_ada).await;
    assert!(why.contains("BETTER_AUTH_SECRET"), "{why}");
}
