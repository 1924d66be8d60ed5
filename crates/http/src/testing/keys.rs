//! Keys of every kind, generated for this run, and tokens signed with them.

use std::sync::{Arc, LazyLock};

use async_trait::async_trait;
use aws_lc_rs::{
    encoding::AsDer,
    rand::SystemRandom,
    rsa::{KeyPair as RsaKeyPair, KeySize, PublicKeyComponents},
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RSA_PSS_SHA256,
    },
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use domain::{BoxError, Clock, testing::FixedClock};
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};

use super::tokens::{SECRET, rules, verifier};
use crate::auth::{
    authenticator::Authenticator,
    claims::ClaimRules,
    jwks::{source::KeySource, verifier::JwksVerifier},
};

/// The issuer and audience of the tokens that the key set's keys sign.
pub const ORIGIN: &str = "http://app.test";

/// A key and its algorithm.
pub struct Signer {
    pub alg: &'static str,
    pub kid: &'static str,
    key: Key,
}

enum Key {
    Secret(Vec<u8>),
    Ed25519(Ed25519KeyPair),
    P256(EcdsaKeyPair),
    RsaPkcs1(RsaKeyPair),
    RsaPss(RsaKeyPair),
}

/// A key of each accepted kind.
pub static SIGNERS: LazyLock<[Signer; 5]> = LazyLock::new(|| {
    [
        Signer { alg: "HS256", kid: "secret", key: Key::Secret(SECRET.as_bytes().to_vec()) },
        Signer::ed25519("ed"),
        Signer {
            alg: "ES256",
            kid: "ec",
            key: Key::P256(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap()),
        },
        Signer { alg: "RS256", kid: "rs", key: Key::RsaPkcs1(RsaKeyPair::generate(KeySize::Rsa2048).unwrap()) },
        Signer { alg: "PS256", kid: "ps", key: Key::RsaPss(RsaKeyPair::generate(KeySize::Rsa2048).unwrap()) },
    ]
});

impl Signer {
    pub fn ed25519(kid: &'static str) -> Self {
        Self { alg: "EdDSA", kid, key: Key::Ed25519(Ed25519KeyPair::generate().unwrap()) }
    }

    pub fn secret(secret: &[u8]) -> Self {
        Self { alg: "HS256", kid: "secret", key: Key::Secret(secret.to_vec()) }
    }

    /// A token with any header and any claims.
    pub fn sign(&self, header: &str, claims: &str) -> String {
        let message = format!("{}.{}", BASE64_URL_SAFE_NO_PAD.encode(header), BASE64_URL_SAFE_NO_PAD.encode(claims));
        format!("{message}.{}", self.signature(message.as_bytes()))
    }

    /// A token with the header of this key.
    pub fn token(&self, claims: &Value) -> String {
        self.sign(&self.header().to_string(), &claims.to_string())
    }

    pub fn header(&self) -> Value {
        json!({ "alg": self.alg, "kid": self.kid })
    }

    pub fn signature(&self, message: &[u8]) -> String {
        let random = SystemRandom::new();
        let rsa = |key: &RsaKeyPair, padding| {
            let mut signature = vec![0; key.public_modulus_len()];
            key.sign(padding, &random, message, &mut signature).unwrap();
            signature
        };
        let signature = match &self.key {
            Key::Secret(secret) => {
                return jsonwebtoken::crypto::sign(message, &EncodingKey::from_secret(secret), Algorithm::HS256)
                    .unwrap();
            }
            Key::Ed25519(key) => key.sign(message).as_ref().to_vec(),
            Key::P256(key) => key.sign(&random, message).unwrap().as_ref().to_vec(),
            Key::RsaPkcs1(key) => rsa(key, &RSA_PKCS1_SHA256),
            Key::RsaPss(key) => rsa(key, &RSA_PSS_SHA256),
        };
        BASE64_URL_SAFE_NO_PAD.encode(signature)
    }

    /// The public key as a key set publishes it; `None` for a secret.
    pub fn jwk(&self) -> Option<Value> {
        let text = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
        let mut jwk = match &self.key {
            Key::Secret(_) => return None,
            Key::Ed25519(key) => json!({ "kty": "OKP", "crv": "Ed25519", "x": text(key.public_key().as_ref()) }),
            Key::P256(key) => {
                let point = key.public_key().as_ref();
                json!({ "kty": "EC", "crv": "P-256", "x": text(&point[1..33]), "y": text(&point[33..]) })
            }
            Key::RsaPkcs1(key) | Key::RsaPss(key) => rsa_jwk(key),
        };
        jwk["alg"] = self.alg.into();
        jwk["kid"] = self.kid.into();
        Some(jwk)
    }

    /// The public key, which an attacker knows, in every encoding that could be used as a secret.
    pub fn public_bytes(&self) -> Vec<Vec<u8>> {
        let Some(jwk) = self.jwk() else { return Vec::new() };
        let mut forms = vec![jwk.to_string().into_bytes()];
        for member in ["x", "n"] {
            if let Some(text) = jwk.get(member).and_then(Value::as_str) {
                forms.push(text.as_bytes().to_vec());
                forms.push(BASE64_URL_SAFE_NO_PAD.decode(text).unwrap());
            }
        }
        if let Key::RsaPkcs1(key) | Key::RsaPss(key) = &self.key {
            forms.push(key.public_key().as_der().unwrap().as_ref().to_vec());
        }
        forms
    }
}

pub fn rsa_jwk(key: &RsaKeyPair) -> Value {
    let public: PublicKeyComponents<Vec<u8>> = key.public_key().into();
    let text = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
    json!({ "kty": "RSA", "n": text(&public.n), "e": text(&public.e) })
}

/// A key set with the public keys of these signers.
pub fn key_set<'a>(signers: impl IntoIterator<Item = &'a Signer>) -> Value {
    json!({ "keys": signers.into_iter().filter_map(Signer::jwk).collect::<Vec<_>>() })
}

/// Claims that every verifier accepts.
pub fn good_claims() -> Value {
    json!({ "sub": "alice", "iat": now(), "exp": now() + 900, "iss": ORIGIN, "aud": ORIGIN })
}

pub fn now() -> i64 {
    FixedClock::default().now().unix_seconds()
}

pub fn key_set_rules(clock: Arc<dyn Clock>) -> ClaimRules {
    ClaimRules { issuer: Some(ORIGIN.to_owned().into()), audience: Some(ORIGIN.to_owned().into()), ..rules(clock) }
}

/// A key set that is always available.
pub struct Published(pub Value);

#[async_trait]
impl KeySource for Published {
    async fn fetch(&self) -> Result<Vec<u8>, BoxError> {
        Ok(self.0.to_string().into_bytes())
    }
}

/// An authenticator with every verifier, and the keys of [`SIGNERS`].
pub fn every_verifier(clock: &Arc<FixedClock>) -> Authenticator {
    let jwks = JwksVerifier::new(Arc::new(Published(key_set(&*SIGNERS))), key_set_rules(clock.clone()));
    Authenticator::default().with_secret(verifier(clock.clone())).with_key_set(Arc::new(jwks)).explaining()
}
