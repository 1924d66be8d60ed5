//! Tokens signed with a secret that the front end shares: HS256.

use std::sync::Arc;

use async_trait::async_trait;
use domain::{Clock, Identity};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, errors::ErrorKind};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use super::{Rejection, TokenVerifier, claims::Claims};

/// Verifies, and mints, HS256 tokens over the raw bytes of a secret.
pub struct SecretVerifier {
    decoding: DecodingKey,
    encoding: EncodingKey,
    validation: Validation,
    clock: Arc<dyn Clock>,
}

/// The secret has fewer than 32 bytes, so that it could be guessed.
#[derive(Debug, thiserror::Error)]
#[error("must have at least {} bytes", SecretVerifier::MIN_SECRET_BYTES)]
pub struct SecretTooShort;

impl SecretVerifier {
    /// The one algorithm of these tokens, as it stands in their header.
    pub const ALGORITHM: &'static str = "HS256";

    /// The fewest bytes a secret may have: as many as the hash of HS256 gives (RFC 7518, section 3.2).
    pub const MIN_SECRET_BYTES: usize = 32;

    /// A verifier for one secret, which is used as it is: neither decoded nor trimmed.
    ///
    /// # Errors
    ///
    /// [`SecretTooShort`].
    pub fn new(secret: &SecretString, clock: Arc<dyn Clock>) -> Result<Self, SecretTooShort> {
        let bytes = secret.expose_secret().as_bytes();
        if bytes.len() < Self::MIN_SECRET_BYTES {
            return Err(SecretTooShort);
        }
        // The library checks the algorithm and the signature. Times are checked against our own clock, and which claims
        // there must be stands in the type `Claims`.
        let mut validation = Validation::new(Algorithm::HS256);
        validation.required_spec_claims.clear();
        validation.validate_exp = false;
        validation.validate_aud = false;
        Ok(Self {
            decoding: DecodingKey::from_secret(bytes),
            encoding: EncodingKey::from_secret(bytes),
            validation,
            clock,
        })
    }

    /// Makes a token that [`verify`](TokenVerifier::verify) accepts for `lifetime_seconds`.
    ///
    /// # Errors
    ///
    /// If the claims cannot be signed.
    pub fn mint(&self, identity: &Identity, lifetime_seconds: u32) -> Result<String, jsonwebtoken::errors::Error> {
        let now = self.clock.now().unix_seconds();
        let claims = json!({
            "sub": identity.id.as_str(),
            "name": identity.name,
            "email": identity.email,
            "iat": now,
            "exp": now + i64::from(lifetime_seconds),
        });
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.encoding)
    }
}

#[async_trait]
impl TokenVerifier for SecretVerifier {
    async fn verify(&self, token: &str) -> Result<Identity, Rejection> {
        let verified = jsonwebtoken::decode::<Claims>(token, &self.decoding, &self.validation);
        let claims = verified.map_err(|error| match error.kind() {
            ErrorKind::Json(_) => Rejection::BadClaims,
            _ => Rejection::BadSignature,
        })?;
        claims.claims.identity_at(self.clock.now())
    }
}
