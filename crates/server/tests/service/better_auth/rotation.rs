//! Keys that change while the service is running.

use infra::testing::TestDatabase;
use sea_orm::ConnectionTrait;
use serde_json::json;

use crate::{
    better_auth::account::part,
    better_auth::app::{BetterAuth, empty_database},
    better_auth::serving::{bearer, list, serve},
};

#[tokio::test]
async fn a_new_key_is_found_at_once_and_the_old_one_stays_valid() {
    let Some(database) = empty_database().await else { return };
    let app = BetterAuth::on(&database);
    let ada = app.sign_up("ada").await;
    let old = app.jwt(&ada).await;
    let service = serve(&database, &[("BETTER_AUTH_URL", &app.url)]).await;
    assert_eq!(list(&service, &bearer(&old)).await.0, 200);

    expire_keys(&database).await;
    let new = app.jwt(&ada).await;

    assert_ne!(part(&old, 0)["kid"], part(&new, 0)["kid"]);
    for token in [&new, &old, &new] {
        assert_eq!(list(&service, &bearer(token)).await, (200, String::new()));
    }
}

/// Without a key, Better Auth generates one for each of several concurrent requests.
#[tokio::test]
async fn tokens_fetched_concurrently_are_valid_with_different_keys() {
    let Some(database) = empty_database().await else { return };
    let app = BetterAuth::on(&database);
    let ada = app.sign_up("ada").await;
    app.jwt(&ada).await;
    let service = serve(&database, &[("BETTER_AUTH_URL", &app.url)]).await;
    expire_keys(&database).await;

    let (a, b, c, d) = tokio::join!(app.jwt(&ada), app.jwt(&ada), app.jwt(&ada), app.jwt(&ada));
    let [a, b, c, d] = [a, b, c, d].map(|token| bearer(&token));
    let (a, b, c, d) = tokio::join!(list(&service, &a), list(&service, &b), list(&service, &c), list(&service, &d));

    assert_eq!([a, b, c, d].map(|(status, _)| status), [200; 4]);
}

#[tokio::test]
async fn tokens_of_a_removed_key_are_rejected_after_the_next_fetch() {
    let Some(database) = empty_database().await else { return };
    // Without a grace period: a key leaves the set when it expires.
    let app = BetterAuth::start(&database, &json!({ "JWT_OPTIONS": { "jwks": { "gracePeriod": 0 } } }));
    let ada = app.sign_up("ada").await;
    let old = app.jwt(&ada).await;
    let service = serve(&database, &[("BETTER_AUTH_URL", &app.url)]).await;
    assert_eq!(list(&service, &bearer(&old)).await.0, 200);

    expire_keys(&database).await;
    let new = app.jwt(&ada).await;

    assert_eq!(list(&service, &bearer(&new)).await.0, 200);
    assert_eq!(list(&service, &bearer(&old)).await, (401, "UNAUTHORIZED".to_owned()));
}

/// Ends the rotation interval: the next token is signed with a new key.
async fn expire_keys(database: &TestDatabase) {
    let expire = r#"UPDATE jwks SET "expiresAt" = now() - interval '1 second'"#;
    database.connection().execute_unprepared(expire).await.unwrap();
}
