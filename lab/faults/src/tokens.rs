//! Tokens as an app with Better Auth and the shared secret signs them.

use aws_lc_rs::hmac;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};

/// A token of this user, valid for a day.
pub(crate) fn of(user: &str, secret: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    sign(&json!({ "alg": "HS256", "typ": "JWT" }), &claims(user), |text| hmac::sign(&key, text).as_ref().to_vec())
}

/// The claims of a token that is valid for a day.
pub(crate) fn claims(user: &str) -> Value {
    let now = now();
    json!({ "sub": user, "iat": now, "exp": now + 24 * 60 * 60 })
}

/// Encodes and signs a token.
pub(crate) fn sign(header: &Value, claims: &Value, signature: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
    let encode = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
    let text = format!("{}.{}", encode(header.to_string().as_bytes()), encode(claims.to_string().as_bytes()));
    let signature = signature(text.as_bytes());
    format!("{text}.{}", encode(&signature))
}

#[expect(clippy::disallowed_methods, reason = "the service checks tokens by the system's clock")]
fn now() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
