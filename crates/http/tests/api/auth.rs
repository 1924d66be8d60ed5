//! Valid and hostile tokens.

mod cookies;
mod hostile;
mod key_fetch;
mod key_set;
mod mutants;
mod publisher;
pub mod sessions;
mod signatures;

use std::sync::{Arc, LazyLock};

use actix_web::http::Method;
use domain::testing::{FixedClock, alice};
use http::{
    Authenticator, ClaimRules, JwksVerifier, SecretVerifier, VerifyError,
    testing::{
        ORIGIN, Published, SECRET, SIGNERS, Signer, TestApp, every_verifier, good_claims, is, key_set, key_set_rules,
        now, rules, token_of,
    },
};
use serde_json::{Value, json};
use time::Duration;

/// The outcome of a request with a token: status 200, or the status and the error code.
async fn outcome(authorization: &str) -> (u16, String) {
    let app = TestApp::accepting_every_key().start().await;
    let answer = app.anonymous(Method::GET, "/api/tasks").header("authorization", authorization).send().await;
    if answer.status == 200 { is(200, "") } else { answer.outcome() }
}

/// Every verifier, without an application: thousands of tokens are verified.
static VERIFIERS: LazyLock<Authenticator> = LazyLock::new(|| every_verifier(&Arc::default()));

async fn assert_refused(token: &str) {
    let verdict = VERIFIERS.inspect(token).await;
    assert!(matches!(verdict, Err(VerifyError::Rejected(_))), "{verdict:?} for {token}");
}

async fn assert_good(token: &str) {
    let verdict = VERIFIERS.inspect(token).await;
    assert!(verdict.is_ok_and(|identity| identity.id == alice().id), "{token}");
}

#[actix_web::test]
async fn tokens_of_every_key_are_accepted() {
    for signer in &*SIGNERS {
        assert_good(&signer.token(&good_claims())).await;
        let mut claims = good_claims();
        claims["aud"] = json!(["someone", ORIGIN]);
        claims["exp"] = json!(900.5 + f64::from(i32::try_from(now()).unwrap()));
        claims["nbf"] = json!(now());
        claims["image"] = json!(null);
        assert_good(&signer.token(&claims)).await;
        let header = format!(r#"{{"typ":"JWT","alg":"{}","kid":"{}"}}"#, signer.alg, signer.kid);
        assert_good(&signer.sign(&header, &claims.to_string())).await;
    }
}

#[actix_web::test]
async fn secret_tokens_need_no_issuer_audience_or_key_id() {
    let secret = &SIGNERS[0];
    for claims in [
        json!({ "sub": "alice", "exp": now() + 900 }),
        json!({ "sub": "alice", "email": "a@example.test", "name": "Ada", "iat": now(), "exp": now() + 7 * 86_400 }),
        json!({ "sub": "alice", "exp": now() + 900, "aud": "anyone", "iss": "http://127.0.0.1:3000" }),
    ] {
        assert_good(&secret.sign(r#"{"alg":"HS256","typ":"JWT"}"#, &claims.to_string())).await;
    }
}

#[actix_web::test]
async fn secret_tokens_must_name_a_configured_issuer_and_audience() {
    let mut test = TestApp::new();
    let rules = http::testing::key_set_rules(test.clock.clone());
    let verifier = SecretVerifier::new(&http::testing::SECRET.to_owned().into(), rules).unwrap();
    test.api.authenticator = Arc::new(http::Authenticator::default().with_secret(verifier));
    let app = test.start().await;
    for (claims, status) in [(good_claims(), 200), (json!({ "sub": "alice", "exp": now() + 900 }), 401)] {
        let authorization = format!("Bearer {}", SIGNERS[0].token(&claims));
        let answer = app.anonymous(Method::GET, "/api/tasks").header("authorization", &authorization).send().await;
        assert_eq!(answer.status.as_u16(), status, "{claims}");
    }
}

/// RFC 6750 allows any number of spaces.
#[actix_web::test]
async fn the_scheme_is_case_insensitive_and_spaces_follow() {
    for scheme in ["bearer", "BEARER", "Bearer", "Bearer ", "bEARER     "] {
        assert_eq!(outcome(&format!("{scheme} {}", token_of(&alice()))).await, is(200, ""));
    }
}

#[actix_web::test]
async fn a_token_expires_five_seconds_after_its_exp() {
    for signer in &*SIGNERS {
        let token = signer.token(&good_claims());
        let test = TestApp::accepting_every_key();
        let app = test.start().await;
        let mut age = 0;
        // The same application, so that the token is in its cache.
        for (then, expected) in
            [(0, is(200, "")), (904, is(200, "")), (905, is(401, "TOKEN_EXPIRED")), (90_000, is(401, "TOKEN_EXPIRED"))]
        {
            test.clock.advance(Duration::seconds(then - age));
            age = then;
            let authorization = format!("Bearer {token}");
            let answer = app.anonymous(Method::GET, "/api/tasks").header("authorization", &authorization).send().await;
            let outcome = if answer.status == 200 { is(200, "") } else { answer.outcome() };
            assert_eq!(outcome, expected, "{then} s after it was made");
        }
    }
}

#[actix_web::test]
async fn the_clock_of_the_app_may_differ_by_the_clock_skew() {
    for skew in [0, 30, 60] {
        let mut test = TestApp::new();
        let skewed = |rules: ClaimRules| ClaimRules { clock_skew: std::time::Duration::from_secs(skew), ..rules };
        let secret = SecretVerifier::new(&SECRET.to_owned().into(), skewed(rules(test.clock.clone()))).unwrap();
        let keys = Arc::new(Published(key_set(&*SIGNERS)));
        let jwks = JwksVerifier::new(keys, skewed(key_set_rules(test.clock.clone())));
        test.api.authenticator = Arc::new(Authenticator::default().with_secret(secret).with_key_set(Arc::new(jwks)));
        let app = test.start().await;
        let skew = i64::try_from(skew).unwrap();
        for signer in &*SIGNERS {
            for (claim, at, is_valid) in [
                ("exp", -skew + 1, true),
                ("exp", -skew, false),
                ("nbf", skew, true),
                ("nbf", skew + 1, false),
                ("iat", skew, true),
                ("iat", skew + 1, false),
            ] {
                let mut claims = good_claims();
                claims[claim] = json!(now() + at);
                let authorization = format!("Bearer {}", signer.token(&claims));
                // Twice, so that the second one is in the cache.
                for _ in 0..2 {
                    let request = app.anonymous(Method::GET, "/api/tasks").header("authorization", &authorization);
                    assert_eq!(request.send().await.status == 200, is_valid, "{} {claim} {at}", signer.alg);
                }
            }
        }
    }
}

#[actix_web::test]
async fn a_token_may_name_any_accepted_issuer_and_audience() {
    let mut test = TestApp::new();
    let list = |text: &str| Some(text.parse().unwrap());
    let rules = ClaimRules {
        issuer: list("https://app.test, https://preview.app.test"),
        audience: list("tasks,https://preview.app.test"),
        ..rules(test.clock.clone())
    };
    let jwks = JwksVerifier::new(Arc::new(Published(key_set(&*SIGNERS))), rules);
    test.api.authenticator = Arc::new(Authenticator::default().with_key_set(Arc::new(jwks)).explaining());
    let app = test.start().await;
    let list = async |issuer: &str, audience: Value| {
        let mut claims = good_claims();
        (claims["iss"], claims["aud"]) = (json!(issuer), audience);
        let authorization = format!("Bearer {}", SIGNERS[1].token(&claims));
        app.anonymous(Method::GET, "/api/tasks").header("authorization", &authorization).send().await
    };
    for issuer in ["https://app.test", "https://preview.app.test"] {
        for audience in [json!("tasks"), json!(["someone", "https://preview.app.test"])] {
            assert_eq!(list(issuer, audience).await.status, 200, "{issuer}");
        }
    }
    let issuer = list("https://app.test/", json!("tasks")).await.message();
    assert!(issuer.contains("must be https://app.test or https://preview.app.test (JWT_ISSUER"), "{issuer}");
    let audience = list("https://app.test", json!(["other", 7])).await.message();
    assert!(audience.contains("must be tasks or https://preview.app.test (JWT_AUDIENCE"), "{audience}");
}

#[actix_web::test]
async fn development_errors_name_the_cause_and_the_fix() {
    let (secret, ed) = (&SIGNERS[0], &SIGNERS[1]);
    let with = |claim: &str, value| {
        let mut claims = good_claims();
        claims[claim] = value;
        ed.token(&claims)
    };
    let cases = [
        ("a2eQxzd2IgtwIiVzvmeWJwhxj0piF8Zh".to_owned(), "SESSION_TOKENS=bearer accepts them"),
        ("a.b.c.d".to_owned(), "this is not a token"),
        (
            secret.sign(r#"{"alg":"ES512","kid":"x"}"#, "{}"),
            "algorithm is not supported: EdDSA, ES256, RS256, PS256 and HS256 are",
        ),
        (secret.sign(r#"{"alg":"EdDSA"}"#, "{}"), "must hold kid"),
        (secret.sign(r#"{"alg":"EdDSA","kid":"x"}"#, "{}"), "is BETTER_AUTH_URL, or JWKS_URL, that of the same app?"),
        (secret.sign(r#"{"alg":"RS256","kid":"ed"}"#, "{}"), "another algorithm than the token names"),
        (Signer::secret(&[b'x'; 32]).token(&good_claims()), "needs the same BETTER_AUTH_SECRET on both sides"),
        (
            with("iss", json!("http://localhost:3000")),
            r#"issuer is "http://localhost:3000", and must be http://app.test"#,
        ),
        (
            with("aud", json!("http://localhost:3000")),
            r#"audience is "http://localhost:3000", and must be http://app.test"#,
        ),
        (with("exp", json!(now() - 60)), "expired 60 seconds ago"),
        (with("exp", json!(now() * 1000)), "MAX_TOKEN_LIFETIME: is it in seconds?"),
        (with("nbf", json!(now() + 60)), "valid only in 60 seconds"),
        (with("sub", json!(7)), "must hold sub, a string"),
        (secret.token(&json!({ "session": {}, "user": {}, "exp": now() + 60 })), "Better Auth's cookie cache"),
        (
            ed.sign(r#"{"alg":"EdDSA","kid":"ed","typ":"better-auth.session-cache+jwt"}"#, "{}"),
            "Better Auth's cookie cache",
        ),
    ];
    let app = TestApp::accepting_every_key().start().await;
    for (token, expected) in cases {
        let authorization = format!("Bearer {token}");
        let answer = app.anonymous(Method::GET, "/api/tasks").header("authorization", &authorization).send().await;
        assert!(answer.message().contains(expected), "{}", answer.message());
        assert_eq!(answer.header("www-authenticate"), Some("Bearer error=\"invalid_token\""));
    }
    let none = app.anonymous(Method::GET, "/api/tasks").send().await;
    assert!(none.message().contains("send the header Authorization: Bearer"), "{}", none.message());
    assert_eq!(none.header("www-authenticate"), Some("Bearer"));
    for header in ["Bearer \"x\"", "Bearer Bearer x"] {
        let answer = app.anonymous(Method::GET, "/api/tasks").header("authorization", header).send().await;
        assert!(answer.message().contains("the word Bearer once and the token without quotes"), "{}", answer.message());
    }
    let only_secret = TestApp::new().start().await;
    let authorization = format!("Bearer {}", ed.token(&good_claims()));
    let answer = only_secret.anonymous(Method::GET, "/api/tasks").header("authorization", &authorization).send().await;
    assert!(answer.message().contains("for EdDSA: set BETTER_AUTH_URL"), "{}", answer.message());
}

#[actix_web::test]
async fn production_errors_do_not_name_the_cause() {
    let app = TestApp::terse().start().await;
    let forged = format!("Bearer {}", Signer::secret(&[b'x'; 32]).token(&good_claims()));
    for authorization in ["Bearer x", &forged, "Basic x"] {
        let answer = app.anonymous(Method::GET, "/api/tasks").header("authorization", authorization).send().await;
        assert_eq!(answer.message(), "a valid bearer token is required");
    }
    let expired = format!("Bearer {}", SIGNERS[0].token(&json!({ "sub": "alice", "exp": 1 })));
    let answer = app.anonymous(Method::GET, "/api/tasks").header("authorization", &expired).send().await;
    assert_eq!((answer.outcome(), answer.message().as_str()), (is(401, "TOKEN_EXPIRED"), "the token has expired"));
}

#[test]
fn a_short_secret_is_rejected() {
    let clock = Arc::new(FixedClock::default());
    assert!(SecretVerifier::new(&"x".repeat(31).into(), rules(clock.clone())).is_err());
    assert!(SecretVerifier::new(&"x".repeat(32).into(), rules(clock)).is_ok());
}
