//! The key set as Better Auth publishes it. It is untrusted input, like any other.

use std::{collections::HashMap, fmt, sync::Arc};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use domain::BoxError;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::auth::signature::signature_only;

/// The maximum number of keys in a set. Better Auth keeps old keys for a while after it has created a new one.
const MAX_KEYS: usize = 16;

/// The maximum length of a key id in bytes.
pub(super) const MAX_KEY_ID_BYTES: usize = 128;

/// The minimum length of an RSA modulus in bytes: 2048 bits (RFC 7518, section 3.3).
const MIN_RSA_BYTES: usize = 256;

/// A key and its algorithm.
pub(crate) struct Key {
    pub(crate) algorithm_name: &'static str,
    pub(crate) decoding: DecodingKey,
    pub(crate) validation: Validation,
    /// The key as it was published, for the comparison with later sets.
    pub(crate) published: Map<String, Value>,
}

/// Keys by their ids.
#[derive(Default)]
pub(crate) struct KeySet(pub(crate) HashMap<String, Arc<Key>>);

/// The parts of a JWK that are used. Symmetric keys (`oct`) are not accepted, because anyone who reads the set could sign with
/// them.
#[derive(Deserialize)]
#[serde(tag = "kty")]
enum Material {
    #[serde(rename = "OKP")]
    OctetKeyPair { crv: String, x: String },
    #[serde(rename = "EC")]
    EllipticCurve { crv: String, x: String, y: String },
    #[serde(rename = "RSA")]
    Rsa { n: String, e: String },
}

impl KeySet {
    /// Parses a set. Unusable keys are left out. Keys that are also in `previous` keep their allocation.
    ///
    /// # Errors
    ///
    /// If the JSON is not a key set, has too many keys, or has no usable key.
    pub(crate) fn parse(json: &[u8], previous: Option<&Self>) -> Result<Self, BoxError> {
        #[derive(Deserialize)]
        struct Published {
            keys: Vec<Map<String, Value>>,
        }

        if !json.trim_ascii_start().starts_with(b"{") {
            return Err(not_a_key_set(&"it is not a JSON object"));
        }
        let published: Published = serde_json::from_slice(json).map_err(|error| not_a_key_set(&error))?;
        if published.keys.len() > MAX_KEYS {
            return Err(format!("the key set has more than {MAX_KEYS} keys").into());
        }
        let mut keys = HashMap::new();
        let mut ambiguous = Vec::new();
        for jwk in published.keys {
            let Some(id) = jwk.get("kid").and_then(Value::as_str).filter(|id| id.len() <= MAX_KEY_ID_BYTES) else {
                continue;
            };
            let id = id.to_owned();
            let kept = previous.and_then(|set| set.get(&id)).filter(|key| key.published == jwk);
            let Some(key) = kept.or_else(|| Key::new(jwk).map(Arc::new)) else { continue };
            if keys.insert(id.clone(), key).is_some() {
                ambiguous.push(id);
            }
        }
        for id in ambiguous {
            keys.remove(&id);
        }
        if keys.is_empty() { Err("the key set has no usable key".into()) } else { Ok(Self(keys)) }
    }

    /// The key with this id.
    pub(super) fn get(&self, id: &str) -> Option<Arc<Key>> {
        self.0.get(id).cloned()
    }
}

impl Key {
    /// `None` if the key cannot verify tokens.
    fn new(published: Map<String, Value>) -> Option<Self> {
        if published.get("use").is_some_and(|purpose| purpose != "sig") {
            return None;
        }
        let material: Material = serde_json::from_value(Value::Object(published.clone())).ok()?;
        let named = published.get("alg").map(|name| name.as_str().unwrap_or_default());
        let (algorithm_name, algorithm, decoding) = match material {
            Material::OctetKeyPair { crv, x } if crv == "Ed25519" && is_32_bytes(&x) => {
                ("EdDSA", Algorithm::EdDSA, DecodingKey::from_ed_components(&x))
            }
            Material::EllipticCurve { crv, x, y } if crv == "P-256" && is_32_bytes(&x) && is_32_bytes(&y) => {
                ("ES256", Algorithm::ES256, DecodingKey::from_ec_components(&x, &y))
            }
            Material::Rsa { n, e } if is_long_enough(&n) => match named {
                Some("PS256") => ("PS256", Algorithm::PS256, DecodingKey::from_rsa_components(&n, &e)),
                _ => ("RS256", Algorithm::RS256, DecodingKey::from_rsa_components(&n, &e)),
            },
            _ => return None,
        };
        if named.is_some_and(|named| named != algorithm_name) {
            return None;
        }
        Some(Self { algorithm_name, decoding: decoding.ok()?, validation: signature_only(algorithm), published })
    }
}

fn not_a_key_set(cause: &dyn fmt::Display) -> BoxError {
    let remedy = "set JWKS_URL to the address of the key set (docs/troubleshooting.md#key-set)";
    format!("what came back is not a key set ({cause}): {remedy}").into()
}

/// Whether a coordinate has the length that Ed25519 and P-256 require. The library checks the length only when a key is used.
fn is_32_bytes(coordinate: &str) -> bool {
    BASE64_URL_SAFE_NO_PAD.decode(coordinate).is_ok_and(|bytes| bytes.len() == 32)
}

fn is_long_enough(modulus: &str) -> bool {
    BASE64_URL_SAFE_NO_PAD.decode(modulus).is_ok_and(|modulus| {
        let leading_zeros = modulus.iter().take_while(|byte| **byte == 0).count();
        modulus.len() - leading_zeros >= MIN_RSA_BYTES
    })
}
