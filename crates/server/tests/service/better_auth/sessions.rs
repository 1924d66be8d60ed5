//! Session tokens as bearer tokens, looked up in Better Auth's table `session`.

use sea_orm::ConnectionTrait;

use crate::{
    better_auth::app::{BetterAuth, empty_database},
    better_auth::serving::{bearer, develop, every_route_serves, list, refusal, serve, until},
    support::SECRET,
};

const BEARER: (&str, &str) = ("SESSION_TOKENS", "bearer");
const THE_SECRET: (&str, &str) = ("BETTER_AUTH_SECRET", SECRET);

#[tokio::test]
async fn plain_and_signed_session_tokens_work_on_every_route() {
    let Some(database) = empty_database().await else { return };
    let app = BetterAuth::on(&database);
    let service = serve(&database, &[BEARER, THE_SECRET]).await;
    let ada = app.sign_up("ada").await;

    assert_eq!(ada.session_token.matches('.').count(), 0);
    every_route_serves(&service, &ada.id, &bearer(&ada.session_token)).await;

    assert_eq!(ada.signed_session_token.matches('.').count(), 1);
    every_route_serves(&service, &ada.id, &bearer(&ada.signed_session_token)).await;

    // Percent-encoded, as in the cookie.
    let encoded = ada.cookie_named("session_token");
    assert!(encoded.ends_with("%3D"), "{encoded}");
    every_route_serves(&service, &ada.id, &bearer(encoded)).await;
}

#[tokio::test]
async fn signed_session_tokens_need_the_secret_and_plain_ones_do_not() {
    let Some(database) = empty_database().await else { return };
    let app = BetterAuth::on(&database);
    let ada = app.sign_up("ada").await;

    let service = serve(&database, &[BEARER]).await;

    every_route_serves(&service, &ada.id, &bearer(&ada.session_token)).await;
    assert_eq!(list(&service, &bearer(&ada.signed_session_token)).await, (401, "UNAUTHORIZED".to_owned()));
    let why = refusal(&develop(&database, &[BEARER]).await, &bearer(&ada.signed_session_token)).await;
    assert!(why.contains("BETTER_AUTH_SECRET"), "{why}");
}

#[tokio::test]
async fn a_sign_out_counts_at_once() {
    let Some(database) = empty_database().await else { return };
    let app = BetterAuth::on(&database);
    let service = serve(&database, &[BEARER, THE_SECRET]).await;
    let (ada, bob) = (app.sign_up("ada").await, app.sign_up("bob").await);
    for token in [&ada.session_token, &ada.signed_session_token, &bob.session_token] {
        assert_eq!(list(&service, &bearer(token)).await.0, 200);
    }

    app.sign_out(&ada).await;

    for token in [&ada.session_token, &ada.signed_session_token] {
        assert_eq!(list(&service, &bearer(token)).await, (401, "UNAUTHORIZED".to_owned()));
    }
    assert_eq!(list(&service, &bearer(&bob.session_token)).await.0, 200);
}

#[tokio::test]
async fn a_cached_session_ends_when_the_cache_expires() {
    let Some(database) = empty_database().await else { return };
    let app = BetterAuth::on(&database);
    let patient = serve(&database, &[BEARER, THE_SECRET, ("SESSION_CACHE", "1m")]).await;
    let brief = serve(&database, &[BEARER, THE_SECRET, ("SESSION_CACHE", "1s")]).await;
    let of_ada = app.sign_up("ada").await;
    let token = bearer(&of_ada.session_token);
    assert_eq!((list(&patient, &token).await.0, list(&brief, &token).await.0), (200, 200));

    app.sign_out(&of_ada).await;

    assert_eq!(list(&patient, &token).await.0, 200);
    until(async || list(&brief, &token).await.0 == 401).await;
}

#[tokio::test]
async fn an_expired_session_is_rejected_while_its_row_exists() {
    let Some(database) = empty_database().await else { return };
    let app = BetterAuth::on(&database);
    let service = develop(&database, &[BEARER, THE_SECRET]).await;
    let of_ada = bearer(&app.sign_up("ada").await.session_token);
    assert_eq!(list(&service, &of_ada).await.0, 200);

    let end = r#"UPDATE session SET "expiresAt" = now() - interval '1 second'"#;
    database.connection().execute_unprepared(end).await.unwrap();

    let why = refusal(&service, &of_ada).await;
    assert!(why.contains("session"), "{why}");
}

#[tokio::test]
async fn forged_signatures_and_unknown_tokens_are_rejected() {
    let Some(database) = empty_database().await else { return };
    let app = BetterAuth::on(&database);
    let service = serve(&database, &[BEARER, THE_SECRET]).await;
    let (ada, bob) = (app.sign_up("ada").await, app.sign_up("bob").await);
    let signature_of = |signed: &str| signed.split_once('.').unwrap().1.to_owned();
    let signature = signature_of(&ada.signed_session_token);

    let forged = [
        format!("{}.{}", ada.session_token, signature_of(&bob.signed_session_token)),
        format!("{}.{}", ada.session_token, signature.to_lowercase()),
        format!("{}.{}", ada.session_token, &signature[..43]),
        format!("{}.", ada.session_token),
        format!("{}.{signature}", bob.session_token),
        format!("{}.{signature}", ada.id),
        ada.id.clone(),
        ada.session_token.to_lowercase(),
        ada.session_token[..31].to_owned(),
        format!("{}%00", ada.session_token),
        "%".to_owned(),
    ];

    for token in forged {
        assert_eq!(list(&service, &bearer(&token)).await, (401, "UNAUTHORIZED".to_owned()), "{token}");
    }
}

#[tokio::test]
async fn session_tokens_are_rejected_unless_a_setting_accepts_them() {
    let Some(database) = empty_database().await else { return };
    let app = BetterAuth::on(&database);
    let ada = app.sign_up("ada").await;
    let settings = [("BETTER_AUTH_URL", app.url.as_str()), THE_SECRET];
    let (production, development) = (serve(&database, &settings).await, develop(&database, &settings).await);

    for token in [&ada.session_token, &ada.signed_session_token] {
        assert_eq!(refusal(&production, &bearer(token)).await, "a valid bearer token is required");
        let why = refusal(&development, &bearer(token)).await;
        assert!(why.contains("SESSION_TOKENS=bearer"), "{why}");
    }
}
