//! Hostile tokens, against every verifier. RFC 8725 describes most of them.

use actix_web::http::Method;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use domain::testing::alice;
use http::testing::{SECRET, SIGNERS, Signer, TestApp, good_claims, is, now, token_of};
use serde_json::{Value, json};

use super::{assert_good, assert_refused, outcome};

#[actix_web::test]
async fn headers_other_than_one_bearer_token_are_rejected() {
    let token = token_of(&alice());
    let headers = [
        String::new(),
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        "Bearer   ".to_owned(),
        format!("Bearer \"{token}\""),
        format!("Bearer Bearer {token}"),
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
async fn a_key_verifies_no_other_algorithm() {
    let claims = good_claims().to_string();
    let others = [
        "none", "None", "NONE", "nOnE", "", "hs256", "HS256 ", "HS384", "HS512", "RS384", "RS512", "PS384", "ES384",
        "ES512", "ES256K", "EdDSA ", "Ed25519",
    ];
    for signer in &*SIGNERS {
        let algorithms = others.into_iter().chain(SIGNERS.iter().map(|other| other.alg));
        for alg in algorithms.filter(|alg| *alg != signer.alg) {
            // With the key's own id, with the id of the key whose algorithm is claimed, and without an id.
            let kids =
                [signer.kid].into_iter().chain(SIGNERS.iter().filter(|other| other.alg == alg).map(|other| other.kid));
            for kid in kids {
                let token = signer.sign(&json!({ "alg": alg, "kid": kid }).to_string(), &claims);
                assert_refused(&token).await;
                assert_refused(&format!("{}.", token.rsplit_once('.').unwrap().0)).await;
            }
            assert_refused(&signer.sign(&json!({ "alg": alg }).to_string(), &claims)).await;
        }
    }
}

#[actix_web::test]
async fn a_key_of_one_verifier_is_not_used_by_another() {
    let claims = good_claims().to_string();
    for signer in &*SIGNERS {
        for victim in SIGNERS.iter().filter(|victim| victim.kid != signer.kid) {
            // Names the victim's key, but is signed with the attacker's.
            assert_refused(&signer.sign(&victim.header().to_string(), &claims)).await;
            let typed = json!({ "alg": victim.alg, "typ": "JWT", "kid": victim.kid });
            assert_refused(&signer.sign(&typed.to_string(), &claims)).await;
        }
        // Algorithm confusion: a public key used as the secret of HS256.
        for public in signer.public_bytes() {
            for header in [r#"{"alg":"HS256"}"#.to_owned(), json!({ "alg": "HS256", "kid": signer.kid }).to_string()] {
                assert_refused(&Signer::secret(&public).sign(&header, &claims)).await;
            }
        }
        let stranger = Signer::ed25519(signer.kid);
        assert_refused(&stranger.sign(&signer.header().to_string(), &claims)).await;
        assert_refused(&stranger.token(&good_claims())).await;
    }
}

#[actix_web::test]
async fn headers_with_more_than_alg_typ_and_kid_are_rejected() {
    let claims = good_claims().to_string();
    for signer in &*SIGNERS {
        let own = format!(r#""alg":"{}","kid":"{}""#, signer.alg, signer.kid);
        let extras = [
            r#""crit":["exp"]"#,
            r#""crit":[]"#,
            r#""b64":false,"crit":["b64"]"#,
            r#""zip":"DEF""#,
            r#""enc":"A128GCM""#,
            r#""cty":"JWT""#,
            r#""jku":"http://evil.example/jwks""#,
            r#""x5u":"http://evil.example/cert""#,
            r#""jwk":{"kty":"oct","k":"AAAA"}"#,
            r#""x5c":["MIIB"]"#,
            r#""typ":"at+jwt""#,
            r#""typ":"logout+jwt""#,
            r#""typ":7"#,
            r#""alg":"none""#,
            r#""\u0061lg":"none""#,
            r#""kid":"other""#,
            r#""unknown":true"#,
        ];
        for extra in extras {
            assert_refused(&signer.sign(&format!("{{{own},{extra}}}"), &claims)).await;
            assert_refused(&signer.sign(&format!("{{{extra},{own}}}"), &claims)).await;
        }
        let others = [
            json!({ "alg": [signer.alg], "kid": signer.kid }).to_string(),
            json!({ "alg": signer.alg, "kid": 7 }).to_string(),
            json!({ "kid": signer.kid, "typ": "JWT" }).to_string(),
            json!([signer.alg, signer.kid, "JWT"]).to_string(),
            format!("{{{own}}} x"),
            format!("\u{FEFF}{{{own}}}"),
            "{}".to_owned(),
            "null".to_owned(),
            String::new(),
        ];
        for header in others {
            assert_refused(&signer.sign(&header, &claims)).await;
        }
    }
}

#[actix_web::test]
async fn a_key_id_is_only_ever_looked_up() {
    let claims = good_claims().to_string();
    let long = "x".repeat(4000);
    for kid in ["../../../etc/passwd", "' OR 1=1 --", "http://evil.example/jwks", "", "ED", &long] {
        for signer in SIGNERS.iter().filter(|signer| signer.alg != "HS256") {
            assert_refused(&signer.sign(&json!({ "alg": signer.alg, "kid": kid }).to_string(), &claims)).await;
        }
        assert_good(&SIGNERS[0].sign(&json!({ "alg": "HS256", "kid": kid }).to_string(), &claims)).await;
    }
}

#[actix_web::test]
async fn missing_and_malformed_claims_are_rejected() {
    let exp = now() + 900;
    let changes: [(&str, Value); 27] = [
        ("exp", json!(null)),
        ("exp", json!(exp.to_string())),
        ("exp", json!(true)),
        ("exp", json!([exp])),
        ("exp", json!(exp * 1000)),
        ("exp", json!(10_000_000_000_u64)),
        ("exp", json!(u64::MAX)),
        ("exp", json!(1e300)),
        ("sub", json!(null)),
        ("sub", json!(7)),
        ("sub", json!(["alice"])),
        ("sub", json!({ "id": "alice" })),
        ("sub", json!("")),
        ("sub", json!("a\0b")),
        ("sub", json!("\u{202E}ecila")),
        ("sub", json!("é")),
        ("sub", json!("a".repeat(256))),
        ("nbf", json!(now() + 60)),
        ("nbf", json!("soon")),
        ("iat", json!(now() + 60)),
        ("iat", json!("now")),
        ("iss", json!(null)),
        ("iss", json!("http://app.test/")),
        ("iss", json!(["http://evil.example", "http://app.test"])),
        ("aud", json!("http://APP.test")),
        ("aud", json!([])),
        ("aud", json!({ "http://app.test": true })),
    ];
    for signer in &*SIGNERS {
        for (claim, value) in &changes {
            let mut claims = good_claims();
            claims[claim] = value.clone();
            if signer.alg == "HS256" && (["iss", "aud"].contains(claim)) {
                continue;
            }
            assert_refused(&signer.token(&claims)).await;
            claims.as_object_mut().unwrap().remove(*claim);
            if ["exp", "sub", "iss", "aud"].contains(claim) {
                assert_refused(&signer.token(&claims)).await;
            }
        }
        for exp in [json!(0), json!(-1), json!(now() - 3600)] {
            let mut claims = good_claims();
            claims["exp"] = exp;
            assert_eq!(outcome(&format!("Bearer {}", signer.token(&claims))).await, is(401, "TOKEN_EXPIRED"));
        }
        let own = good_claims().to_string();
        let own = own.trim_matches(['{', '}']);
        let raw = [
            format!(r#"{{{own},"sub":"bob"}}"#),
            format!(r#"{{"sub":"bob",{own}}}"#),
            format!(r#"{{{own},"\u0073ub":"bob"}}"#),
            format!(r#"{{{own},"exp":{}}}"#, exp + 1),
            format!(r#"{{"exp":1e400,{own}}}"#),
            format!("{{{own}}} x"),
            format!("[\"alice\",{exp}]"),
            format!("\u{FEFF}{{{own}}}"),
            "\"alice\"".to_owned(),
            "{".to_owned(),
            String::new(),
            format!("{}{{{own}}}{}", "[".repeat(200), "]".repeat(200)),
        ];
        for claims in raw {
            assert_refused(&signer.sign(&signer.header().to_string(), &claims)).await;
        }
    }
}

/// Better Auth signs other kinds of data with the same secret.
#[actix_web::test]
async fn other_tokens_of_better_auth_are_rejected() {
    let exp = now() + 900;
    let others = [
        // A link that verifies an e-mail address.
        json!({ "email": "alice@example.test", "iat": now(), "exp": exp }),
        json!({ "userId": "alice", "id": "alice", "email": "alice@example.test", "exp": exp }),
        // The cookie cache.
        json!({ "session": { "userId": "alice" }, "user": { "id": "alice" }, "iat": now(), "exp": now() + 300 }),
    ];
    for claims in others {
        assert_refused(&SIGNERS[0].sign(r#"{"alg":"HS256"}"#, &claims.to_string())).await;
    }
    let mut cache = good_claims();
    cache["aud"] = "better-auth:session-cache".into();
    assert_refused(&SIGNERS[1].token(&cache)).await;
}

#[actix_web::test]
async fn text_that_is_not_a_token_is_rejected() {
    for signer in &*SIGNERS {
        let token = signer.token(&good_claims());
        let parts: Vec<&str> = token.split('.').collect();
        let (header, claims, signature) = (parts[0], parts[1], parts[2]);
        let mut padded = good_claims();
        padded["padding"] = "x".repeat(8000).into();
        let zeros = BASE64_URL_SAFE_NO_PAD.encode([0; 64]);
        let texts = [
            "a2eQxzd2IgtwIiVzvmeWJwhxj0piF8Zh".to_owned(),
            "L6SCh3awSfC3LlLyENWTDnWMbFAV6lXz.kggZlWsHvvWMGKTT6iJ0yjKBx/QzpAvj1xYNyjsTQtU=".to_owned(),
            "..".to_owned(),
            format!("{header}.{claims}"),
            format!("{header}.{claims}."),
            format!("{header}.{claims}.{zeros}"),
            format!("{token}."),
            format!("{token}.{signature}"),
            format!(".{claims}.{signature}"),
            format!("{header}=.{claims}.{signature}"),
            format!("{header}.{claims}.{signature}="),
            format!("{header}.{claims}.{}+", signature.replace(['-', '_'], "+")),
            format!("{header}.{claims}.{}", &signature[1..]),
            format!("{header}.{claims}%2E.{signature}"),
            signer.token(&padded),
        ];
        for text in texts {
            assert_refused(&text).await;
        }
    }
    for secret in ["another secret, just as long as ours is", &format!("{SECRET}\n"), ""] {
        assert_refused(&Signer::secret(secret.as_bytes()).token(&good_claims())).await;
    }
}
