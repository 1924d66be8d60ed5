//! The time to verify a token, by kind: `cargo bench -p tasks-http`.

#![expect(clippy::unwrap_used, reason = "a benchmark: its failure is a panic")]

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use criterion::{Criterion, criterion_group, criterion_main};
use domain::{
    BoxError, Clock,
    testing::{FixedClock, alice},
};
use http::{ClaimRules, JwksVerifier, KeySource, SecretVerifier, TokenVerifier};
use serde_json::json;
use tokio::runtime::Runtime;

const ORIGIN: &str = "https://app.example.com";

/// As long as Better Auth's key ids.
const KEY_ID: &str = "key-of-thirty-two-characters-000";

struct Published(String);

#[async_trait]
impl KeySource for Published {
    async fn fetch(&self) -> Result<Vec<u8>, BoxError> {
        Ok(self.0.clone().into_bytes())
    }
}

fn rules() -> ClaimRules {
    ClaimRules {
        issuer: Some(ORIGIN.to_owned().into()),
        audience: Some(ORIGIN.to_owned().into()),
        clock_skew: Duration::from_secs(5),
        max_lifetime: Duration::from_hours(24),
        clock: Arc::new(FixedClock::default()),
    }
}

/// A token as large as Better Auth's.
fn ed25519_token(key: &Ed25519KeyPair, number: usize) -> String {
    let now = FixedClock::default().now().unix_seconds();
    let claims = json!({
        "iat": now, "name": "Ada", "email": "ada@example.test", "emailVerified": false, "image": null,
        "createdAt": "2026-02-06T10:00:00.000Z", "updatedAt": "2026-02-06T10:00:00.000Z",
        "id": format!("user-{number:027}"), "sub": format!("user-{number:027}"),
        "exp": now + 900, "iss": ORIGIN, "aud": ORIGIN,
    });
    let encode = |text: String| BASE64_URL_SAFE_NO_PAD.encode(text);
    let header = json!({ "alg": "EdDSA", "kid": KEY_ID });
    let message = format!("{}.{}", encode(header.to_string()), encode(claims.to_string()));
    format!("{message}.{}", BASE64_URL_SAFE_NO_PAD.encode(key.sign(message.as_bytes())))
}

fn tokens(criterion: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let secret = SecretVerifier::new(&"x".repeat(32).into(), rules()).unwrap();
    let shared = secret.mint(&alice(), 900).unwrap();

    let key = Ed25519KeyPair::generate().unwrap();
    let x = BASE64_URL_SAFE_NO_PAD.encode(key.public_key());
    let set = json!({ "keys": [{ "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "kid": KEY_ID, "x": x }] });
    let jwks = JwksVerifier::new(Arc::new(Published(set.to_string())), rules());
    // More than the cache holds, so that none is found in it.
    let many: Vec<String> = (0..30_000).map(|number| ed25519_token(&key, number)).collect();
    let mut next = many.iter().cycle();

    let mut group = criterion.benchmark_group("verify");
    group.bench_function("HS256", |bencher| bencher.iter(|| runtime.block_on(secret.verify(&shared)).unwrap()));
    group
        .bench_function("EdDSA, repeated", |bencher| bencher.iter(|| runtime.block_on(jwks.verify(&many[0])).unwrap()));
    group.bench_function("EdDSA, seen for the first time", |bencher| {
        bencher.iter(|| runtime.block_on(jwks.verify(next.next().unwrap())).unwrap());
    });
    group.finish();
}

criterion_group!(benches, tokens);
criterion_main!(benches);
