use std::sync::Arc;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::auth::jwks::{
    key_set::{Key, KeySet},
    verifier::JwksVerifier,
};

/// Parses bytes as a key set.
///
/// # Panics
///
/// If an accepted set has no key, too many keys, or a key that was not published or is not for verifying; if using a key
/// panics; if the set changes when it is serialized and parsed again; if an unchanged key does not keep its allocation.
#[must_use]
pub fn key_set(bytes: &[u8]) -> bool {
    let Ok(set) = KeySet::parse(bytes, None) else { return false };
    assert!((1..=16).contains(&set.0.len()), "{} keys", set.0.len());
    let published: Value = serde_json::from_slice(bytes).unwrap();
    let published = published["keys"].as_array().unwrap();
    assert!(published.len() <= 16, "{} published", published.len());
    for (id, key) in &set.0 {
        assert!(id.len() <= 128, "{id:?}");
        let jwk = Value::Object(key.published.clone());
        assert_eq!(jwk["kid"], id.as_str());
        assert!(published.contains(&jwk), "{jwk}");
        assert_is_for_verifying(key);
        use_once(key);
    }

    let written = json!({ "keys": set.0.values().map(|key| &key.published).collect::<Vec<_>>() }).to_string();
    let again = KeySet::parse(written.as_bytes(), Some(&set)).unwrap();
    let afresh = KeySet::parse(written.as_bytes(), None).unwrap();
    assert_eq!((again.0.len(), afresh.0.len()), (set.0.len(), set.0.len()));
    for (id, key) in &set.0 {
        assert!(Arc::ptr_eq(key, &again.0[id]), "{id:?}");
        assert_eq!(key.algorithm_name, afresh.0[id].algorithm_name);
    }
    true
}

/// Checks a key against the published JWK, with rules written independently of the parser.
fn assert_is_for_verifying(key: &Key) {
    let name = key.algorithm_name;
    let jwk = &key.published;
    assert!(JwksVerifier::ALGORITHMS.contains(&name), "{name}");
    assert_eq!(key.validation.algorithms, [name.parse().unwrap()]);
    assert!(jwk.get("alg").is_none_or(|named| named == name), "{jwk:?}");
    assert!(jwk.get("use").is_none_or(|purpose| purpose == "sig"), "{jwk:?}");
    let bytes = |member: &str| BASE64_URL_SAFE_NO_PAD.decode(jwk[member].as_str().unwrap()).unwrap();
    match (jwk["kty"].as_str(), name) {
        (Some("OKP"), "EdDSA") => assert_eq!(bytes("x").len(), 32),
        (Some("EC"), "ES256") => assert_eq!((bytes("x").len(), bytes("y").len()), (32, 32)),
        (Some("RSA"), "RS256" | "PS256") => assert!(bytes("n").iter().skip_while(|byte| **byte == 0).count() >= 256),
        (kind, _) => unreachable!("a key of kind {kind:?} for {name}"),
    }
}

/// Uses a key, because the library detects many invalid keys only then. The verdict does not matter.
fn use_once(key: &Key) {
    let header = BASE64_URL_SAFE_NO_PAD.encode(json!({ "alg": key.algorithm_name }).to_string());
    let signature = BASE64_URL_SAFE_NO_PAD.encode([7; 64]);
    let _either = jsonwebtoken::decode::<Value>(format!("{header}.e30.{signature}"), &key.decoding, &key.validation);
}
