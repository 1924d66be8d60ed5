//! Tokens, good and hostile.

use std::sync::Arc;

use actix_web::http::Method;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use domain::Clock;
use domain::testing::{FixedClock, alice};
use http::SecretVerifier;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use proptest::prelude::*;
use serde_json::{Value, json};
use time::Duration;

use crate::support::{SECRET, TestApp, is, rules, token_of, verifier};

fn now() -> i64 {
    FixedClock::default().now().unix_seconds()
}

/// A token with any header and claims, signed as ours are.
fn signed(header: &str, claims: &str) -> String {
    signed_with(SECRET.as_bytes(), header, claims)
}

fn signed_with(secret: &[u8], header: &str, claims: &str) -> String {
    let message = format!("{}.{}", BASE64_URL_SAFE_NO_PAD.encode(header), BASE64_URL_SAFE_NO_PAD.encode(claims));
    let key = EncodingKey::from_secret(secret);
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key, Algorithm::HS256).unwrap();
    format!("{message}.{signature}")
}

fn with_claims(claims: &Value) -> String {
    signed(r#"{"alg":"HS256","typ":"JWT"}"#, &claims.to_string())
}

fn good_claims() -> Value {
    json!({ "sub": "alice", "iat": now(), "exp": now() + 900 })
}

async fn outcome(authorization: &str) -> (u16, String) {
    let app = TestApp::new().start().await;
    let answer = app.anonymous(Method::GET, "/api/tasks").header("authorization", authorization).send().await;
    if answer.status == 200 { is(200, "") } else { answer.outcome() }
}

async fn refused(token: &str) {
    assert_eq!(outcome(&format!("Bearer {token}")).await, is(401, "UNAUTHORIZED"), "{token}");
}

#[actix_web::test]
async fn tokens_as_front_ends_make_them_are_good() {
    let claims = [
        good_claims(),
        json!({ "sub": "alice", "exp": now() + 900 }),
        json!({ "sub": "alice", "email": "a@example.test", "name": "Ada", "iat": now(), "exp": now() + 7 * 86400 }),
        json!({ "sub": "alice", "exp": now() + 900, "aud": "anyone", "iss": "http://127.0.0.1:3000", "image": null }),
        json!({ "sub": "alice", "exp": now() as f64 + 900.5, "nbf": now() }),
    ];
    for claims in claims {
        assert_eq!(outcome(&format!("Bearer {}", with_claims(&claims))).await, is(200, ""), "{claims}");
    }
    let without_typ = signed(r#"{"alg":"HS256"}"#, &good_claims().to_string());
    assert_eq!(outcome(&format!("Bearer {without_typ}")).await, is(200, ""));
    for scheme in ["bearer", "BEARER", "Bearer"] {
        assert_eq!(outcome(&format!("{scheme} {}", token_of(&alice()))).await, is(200, ""));
    }
}

#[actix_web::test]
async fn a_token_is_good_until_it_expires_and_five_seconds_more() {
    for (age, expected) in
        [(3599, is(200, "")), (3604, is(200, "")), (3605, is(401, "TOKEN_EXPIRED")), (90_000, is(401, "TOKEN_EXPIRED"))]
    {
        let test = TestApp::new();
        test.clock.advance(Duration::seconds(age));
        let app = test.start().await;
        let answer = app.alice(Method::GET, "/api/tasks").send().await;
        let outcome = if answer.status == 200 { is(200, "") } else { answer.outcome() };
        assert_eq!(outcome, expected, "{age} s after it was made for an hour");
    }
}

#[actix_web::test]
async fn headers_other_than_one_bearer_token_are_refused() {
    let token = token_of(&alice());
    let headers = [
        String::new(),
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        format!("Bearer  {token}"),
        format!("Bearer\t{token}"),
        format!("Bearer {token} {token}"),
        format!("Bearer {token},{token}"),
        format!("Token {token}"),
        token.clone(),
        "Basic YWxpY2U6eA==".to_owned(),
    ];
    for header in headers {
        assert_eq!(outcome(&header).await, is(401, "UNAUTHORIZED"), "{header}");
    }
    let app = TestApp::new().start().await;
    let twice = app.alice(Method::GET, "/api/tasks").header("authorization", &format!("Bearer {token}")).send().await;
    assert_eq!(twice.outcome(), is(401, "UNAUTHORIZED"));
    let in_query = app.anonymous(Method::GET, &format!("/api/tasks?token={token}&access_token={token}")).send().await;
    assert_eq!(in_query.outcome(), is(401, "UNAUTHORIZED"));
}

#[actix_web::test]
async fn no_other_algorithm_than_hs256_is_accepted() {
    let claims = good_claims().to_string();
    for alg in
        ["none", "None", "NONE", "nOnE", "", "hs256", "HS256 ", "HS384", "HS512", "RS256", "ES256", "EdDSA", "Ed25519"]
    {
        refused(&signed(&format!(r#"{{"alg":"{alg}"}}"#), &claims)).await;
        let message = signed(&format!(r#"{{"alg":"{alg}"}}"#), &claims);
        refused(&format!("{}.", message.rsplit_once('.').unwrap().0)).await;
    }
    let key = EncodingKey::from_secret(SECRET.as_bytes());
    for algorithm in [Algorithm::HS384, Algorithm::HS512] {
        refused(&jsonwebtoken::encode(&Header::new(algorithm), &good_claims(), &key).unwrap()).await;
    }
}

#[actix_web::test]
async fn headers_with_more_than_alg_typ_and_kid_are_refused() {
    let claims = good_claims().to_string();
    let headers = [
        r#"{"alg":"HS256","crit":["exp"]}"#,
        r#"{"alg":"HS256","crit":[]}"#,
        r#"{"alg":"HS256","b64":false,"crit":["b64"]}"#,
        r#"{"alg":"HS256","zip":"DEF"}"#,
        r#"{"alg":"HS256","enc":"A128GCM"}"#,
        r#"{"alg":"HS256","cty":"JWT"}"#,
        r#"{"alg":"HS256","jku":"http://evil.example/jwks"}"#,
        r#"{"alg":"HS256","x5u":"http://evil.example/cert"}"#,
        r#"{"alg":"HS256","jwk":{"kty":"oct","k":"AAAA"}}"#,
        r#"{"alg":"HS256","x5c":["MIIB"]}"#,
        r#"{"alg":"HS256","typ":"at+jwt"}"#,
        r#"{"alg":"HS256","typ":"logout+jwt"}"#,
        r#"{"alg":"HS256","alg":"HS256"}"#,
        r#"{"alg":"HS256","\u0061lg":"none"}"#,
        r#"{"alg":"HS256","kid":7}"#,
        r#"{"alg":["HS256"]}"#,
        r#"{"typ":"JWT"}"#,
        r#"["HS256","JWT"]"#,
        r"{}",
        "",
    ];
    for header in headers {
        refused(&signed(header, &claims)).await;
    }
    for kid in ["../../../etc/passwd", "' OR 1=1 --", "anything"] {
        let token = signed(&json!({ "alg": "HS256", "kid": kid }).to_string(), &claims);
        assert_eq!(
            outcome(&format!("Bearer {token}")).await,
            is(200, ""),
            "kid names no key here and is not looked at"
        );
    }
}

#[actix_web::test]
async fn claims_that_lack_or_break_something_are_refused() {
    let exp = now() + 900;
    let claims = [
        json!({ "sub": "alice" }),
        json!({ "sub": "alice", "exp": null }),
        json!({ "sub": "alice", "exp": exp.to_string() }),
        json!({ "sub": "alice", "exp": true }),
        json!({ "sub": "alice", "exp": [exp] }),
        json!({ "exp": exp }),
        json!({ "sub": null, "exp": exp }),
        json!({ "sub": 7, "exp": exp }),
        json!({ "sub": ["alice"], "exp": exp }),
        json!({ "sub": "", "exp": exp }),
        json!({ "sub": "a\0b", "exp": exp }),
        json!({ "sub": "\u{202E}ecila", "exp": exp }),
        json!({ "sub": "é", "exp": exp }),
        json!({ "sub": "a".repeat(256), "exp": exp }),
        json!({ "sub": "alice", "exp": exp, "nbf": now() + 60 }),
        json!({ "sub": "alice", "exp": exp, "nbf": "soon" }),
        json!({ "sub": "alice", "exp": exp, "iat": now() + 60 }),
        json!({ "sub": "alice", "exp": exp, "iat": "now" }),
        json!({ "sub": "alice", "exp": exp * 1000 }),
        json!({ "sub": "alice", "exp": u64::MAX }),
        json!({ "sub": "alice", "exp": 1e300 }),
        // What a Better Auth e-mail verification link carries, signed with the same secret.
        json!({ "email": "alice@example.test", "iat": now(), "exp": exp }),
        json!({ "userId": "alice", "id": "alice", "email": "alice@example.test", "exp": exp }),
        // The session cookie cache of Better Auth: not meant as a token of an API.
        json!({ "session": { "userId": "alice" }, "user": { "id": "alice" }, "exp": exp }),
    ];
    for claims in claims {
        refused(&with_claims(&claims)).await;
    }
    let header = r#"{"alg":"HS256"}"#;
    for claims in [
        r#"{"sub":"alice","exp":1e400}"#,
        &format!(r#"{{"sub":"alice","sub":"bob","exp":{exp}}}"#),
        &format!(r#"{{"sub":"alice","\u0073ub":"bob","exp":{exp}}}"#),
        &format!(r#"{{"sub":"alice","exp":1,"exp":{exp}}}"#),
        "[]",
        r#""alice""#,
        "",
        "{",
        &format!(r#"{{"sub":"alice","exp":{exp}}} x"#),
        &format!(r#"["alice",{exp}]"#),
    ] {
        refused(&signed(header, claims)).await;
    }
    for exp in [json!(0), json!(-1), json!(now() - 3600)] {
        let token = with_claims(&json!({ "sub": "alice", "exp": exp }));
        assert_eq!(outcome(&format!("Bearer {token}")).await, is(401, "TOKEN_EXPIRED"), "{exp}");
    }
}

#[actix_web::test]
async fn text_that_is_not_a_token_is_refused() {
    let token = token_of(&alice());
    let parts: Vec<&str> = token.split('.').collect();
    let (header, claims, signature) = (parts[0], parts[1], parts[2]);
    let texts = [
        "a2eQxzd2IgtwIiVzvmeWJwhxj0piF8Zh".to_owned(),
        "L6SCh3awSfC3LlLyENWTDnWMbFAV6lXz.kggZlWsHvvWMGKTT6iJ0yjKBx/QzpAvj1xYNyjsTQtU=".to_owned(),
        "..".to_owned(),
        format!("{header}.{claims}"),
        format!("{header}.{claims}."),
        format!("{token}."),
        format!("{token}.{signature}"),
        format!(".{claims}.{signature}"),
        format!("{header}=.{claims}.{signature}"),
        format!("{header}.{claims}.{signature}="),
        format!("{header}.{claims}.{}", signature.replace(['-', '_'], "+")) + "+",
        format!("{header}.{claims}.{}", &signature[1..]),
        signed_with(b"another secret, just as long as ours is", r#"{"alg":"HS256"}"#, &good_claims().to_string()),
        signed_with(format!("{SECRET}\n").as_bytes(), r#"{"alg":"HS256"}"#, &good_claims().to_string()),
        signed_with(b"", r#"{"alg":"HS256"}"#, &good_claims().to_string()),
        with_claims(&json!({ "sub": "alice", "exp": now() + 900, "padding": "x".repeat(8000) })),
    ];
    for text in texts {
        refused(&text).await;
    }
}

#[actix_web::test]
async fn in_development_a_client_is_told_what_is_wrong_and_what_mends_it() {
    let app = TestApp::new().start().await;
    let cases = [
        ("Bearer a2eQxzd2IgtwIiVzvmeWJwhxj0piF8Zh".to_owned(), "this is a session token, and SESSION_TOKENS is off"),
        (
            format!("Bearer {}", signed(r#"{"alg":"EdDSA","kid":"x"}"#, "{}")),
            "no verifier is configured for EdDSA: set BETTER_AUTH_URL",
        ),
        (
            format!("Bearer {}", signed_with(&[b'x'; 32], r#"{"alg":"HS256"}"#, &good_claims().to_string())),
            "BETTER_AUTH_SECRET",
        ),
        (format!("Bearer {}", with_claims(&json!({ "sub": "alice", "exp": now() - 60 }))), "expired 60 seconds ago"),
        (format!("Bearer {}", with_claims(&json!({ "exp": now() + 60 }))), "must hold sub"),
    ];
    for (authorization, expected) in cases {
        let answer = app.anonymous(Method::GET, "/api/tasks").header("authorization", &authorization).send().await;
        assert!(answer.message().contains(expected), "{}", answer.message());
        assert_eq!(answer.header("www-authenticate"), Some("Bearer error=\"invalid_token\""));
    }
    let none = app.anonymous(Method::GET, "/api/tasks").send().await;
    assert!(none.message().contains("send the header Authorization: Bearer"), "{}", none.message());
    assert_eq!(none.header("www-authenticate"), Some("Bearer"));
}

#[actix_web::test]
async fn in_production_a_client_learns_no_more_than_that_it_is_refused() {
    let app = TestApp::terse().start().await;
    let forged = format!("Bearer {}", signed_with(&[b'x'; 32], r#"{"alg":"HS256"}"#, &good_claims().to_string()));
    for authorization in ["Bearer x", &forged, "Basic x"] {
        let answer = app.anonymous(Method::GET, "/api/tasks").header("authorization", authorization).send().await;
        assert_eq!(answer.message(), "a valid bearer token is required");
    }
    let expired = with_claims(&json!({ "sub": "alice", "exp": 1 }));
    let answer =
        app.anonymous(Method::GET, "/api/tasks").header("authorization", &format!("Bearer {expired}")).send().await;
    assert_eq!((answer.outcome(), answer.message().as_str()), (is(401, "TOKEN_EXPIRED"), "the token has expired"));
}

#[test]
fn a_secret_that_could_be_guessed_is_refused() {
    let clock = Arc::new(FixedClock::default());
    assert!(SecretVerifier::new(&"x".repeat(31).into(), rules(clock.clone())).is_err());
    assert!(SecretVerifier::new(&"x".repeat(32).into(), rules(clock)).is_ok());
}

proptest! {
    #[test]
    fn a_token_with_any_character_changed_is_refused(at: prop::sample::Index, with in "[A-Za-z0-9_.=-]") {
        use http::TokenVerifier;

        let token = token_of(&alice());
        let at = at.index(token.len());
        let mut mutant = token.clone();
        mutant.replace_range(at..=at, &with);
        prop_assume!(mutant != token);

        let verifier = verifier(Arc::new(FixedClock::default()));
        let verdict = futures_util::FutureExt::now_or_never(verifier.verify(&mutant));
        prop_assert!(verdict.unwrap().is_err(), "{}", mutant);
    }
}
