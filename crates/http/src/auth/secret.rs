//! Tokens that the front end signs with a shared secret: HS256 tokens, and Better Auth's session tokens.

use async_trait::async_trait;
use base64::{Engine, prelude::BASE64_STANDARD, prelude::BASE64_URL_SAFE_NO_PAD};
use domain::Identity;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use super::{
    algorithms,
    claims::{ClaimRules, Proof},
    rejection::VerifyError,
    signature::{signature_only, signed_claims},
    verified_tokens::{TokenDigest, VerifiedTokens},
    verifier::TokenVerifier,
};

/// Verifies and mints HS256 tokens. The key is the raw bytes of the secret.
pub struct SecretVerifier {
    decoding: DecodingKey,
    encoding: EncodingKey,
    validation: Validation,
    rules: ClaimRules,
    verified: VerifiedTokens<Proof>,
}

/// The secret is so short that it could be guessed.
#[derive(Debug, thiserror::Error)]
#[error("must have at least {} bytes", SecretVerifier::MIN_SECRET_BYTES)]
pub struct SecretTooShort;

impl SecretVerifier {
    /// The name of the algorithm in these tokens' headers.
    pub const ALGORITHM: &'static str = algorithms::SECRET;

    /// The minimum length of a secret in bytes: that of HS256's hash (RFC 7518, section 3.2).
    pub const MIN_SECRET_BYTES: usize = 32;

    /// A verifier for one secret. The secret is neither decoded nor trimmed.
    ///
    /// # Errors
    ///
    /// [`SecretTooShort`].
    pub fn new(secret: &SecretString, rules: ClaimRules) -> Result<Self, SecretTooShort> {
        let bytes = secret.expose_secret().as_bytes();
        if bytes.len() < Self::MIN_SECRET_BYTES {
            return Err(SecretTooShort);
        }
        Ok(Self {
            decoding: DecodingKey::from_secret(bytes),
            encoding: EncodingKey::from_secret(bytes),
            validation: signature_only(Algorithm::HS256),
            rules,
            verified: VerifiedTokens::default(),
        })
    }

    /// Signs a token that [`verify`](TokenVerifier::verify) accepts for `lifetime_seconds`.
    ///
    /// # Errors
    ///
    /// If the claims cannot be signed.
    pub fn mint(&self, identity: &Identity, lifetime_seconds: u32) -> Result<String, jsonwebtoken::errors::Error> {
        let now = self.rules.clock.now().unix_seconds();
        let mut claims = json!({
            "sub": identity.id.as_str(),
            "name": identity.name,
            "email": identity.email,
            "iat": now,
            "exp": now + i64::from(lifetime_seconds),
        });
        if let Some(issuer) = &self.rules.issuer {
            claims["iss"] = issuer.first().into();
        }
        if let Some(audience) = &self.rules.audience {
            claims["aud"] = audience.first().into();
        }
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.encoding)
    }

    /// The cached identity of a token, if it is still valid.
    pub(super) fn remembered(&self, token: &TokenDigest) -> Option<Identity> {
        let proof = self.verified.find(token).filter(|proof| self.rules.is_current(proof))?;
        Some(proof.identity.clone())
    }

    /// Whether `signature`, in standard Base64, is Better Auth's signature of a session token.
    pub(super) fn signed(&self, session_token: &str, signature: &str) -> bool {
        let Ok(signature) = BASE64_STANDARD.decode(signature) else { return false };
        let signature = BASE64_URL_SAFE_NO_PAD.encode(signature);
        jsonwebtoken::crypto::verify(&signature, session_token.as_bytes(), &self.decoding, Algorithm::HS256)
            .unwrap_or(false)
    }
}

#[async_trait]
impl TokenVerifier for SecretVerifier {
    async fn verify(&self, token: &str) -> Result<Identity, VerifyError> {
        let digest = TokenDigest::of(token);
        if let Some(identity) = self.remembered(&digest) {
            return Ok(identity);
        }
        let proof = self.rules.proof(signed_claims(token, &self.decoding, &self.validation)?)?;
        let identity = proof.identity.clone();
        self.verified.remember(digest, proof);
        Ok(identity)
    }
}
