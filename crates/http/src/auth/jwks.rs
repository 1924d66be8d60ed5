//! Tokens signed with one of the keys that Better Auth publishes: `EdDSA`, ES256, RS256 or PS256.

mod cache;
mod fetch;
pub(crate) mod key_set;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use domain::{BoxError, Identity, Readiness, RepositoryError};
use jsonwebtoken::errors::ErrorKind;

pub use self::fetch::HttpKeySource;
use self::{
    cache::KeyCache,
    key_set::{Key, MAX_KEY_ID_BYTES},
};
use super::{
    ClaimRules, Refusal, Rejection, TokenVerifier,
    claims::{Claims, Proof, unreadable},
    header::JoseHeader,
    verified::{TokenDigest, VerifiedTokens},
};

/// Where a key set comes from.
#[async_trait]
pub trait KeySource: Send + Sync {
    /// The key set as it is published: JSON, of which nothing is believed yet.
    ///
    /// # Errors
    ///
    /// If it cannot be had in time.
    async fn fetch(&self) -> Result<Vec<u8>, BoxError>;
}

/// Verifies tokens with the keys of a key set. Each key belongs to one algorithm, which the key set decides and never the
/// token.
pub struct JwksVerifier {
    keys: Arc<KeyCache>,
    rules: ClaimRules,
    verified: VerifiedTokens<ProofByKey>,
}

/// A token's proof, and the key it rests on. Both must hold still when it is used again.
struct ProofByKey {
    key_id: String,
    key: Arc<Key>,
    proof: Proof,
}

impl JwksVerifier {
    /// The algorithms of these tokens, as they stand in their header.
    pub const ALGORITHMS: [&'static str; 4] = ["EdDSA", "ES256", "RS256", "PS256"];

    /// A verifier without keys, until [`keep_fresh`](Self::keep_fresh) runs or a token asks for one.
    #[must_use]
    pub fn new(source: Arc<dyn KeySource>, rules: ClaimRules) -> Self {
        Self { keys: Arc::new(KeyCache::new(source)), rules, verified: VerifiedTokens::default() }
    }

    /// Fetches the key set, soon again if that fails, and every ten minutes from then on. Never ends.
    pub async fn keep_fresh(&self) {
        self.keys.keep_fresh().await;
    }

    /// How old the key set is; `None` as long as there has never been one.
    #[must_use]
    pub fn key_set_age(&self) -> Option<Duration> {
        self.keys.age()
    }

    /// The identity that a token has proved before, if it does still. A signature with an elliptic curve takes longer to verify
    /// than all the rest of a request.
    pub(super) fn remembered(&self, token: &TokenDigest) -> Option<Identity> {
        let verified = self.verified.find(token)?;
        let holds = self.rules.is_current(&verified.proof) && self.keys.still_has(&verified.key_id, &verified.key);
        holds.then(|| verified.proof.identity.clone())
    }

    async fn verify_signature(&self, token: &str, digest: TokenDigest) -> Result<Identity, Refusal> {
        let header = JoseHeader::of(token)?;
        let key_id = header.kid.ok_or(Rejection::NoKeyId)?;
        // No set has such a key, so there is no need to look for a newer one.
        if key_id.len() > MAX_KEY_ID_BYTES {
            return Err(Rejection::UnknownKey.into());
        }
        let key = self.keys.key(&key_id).await?;
        if key.algorithm_name != header.alg {
            return Err(Rejection::WrongAlgorithm.into());
        }
        let verified = jsonwebtoken::decode::<Claims>(token, &key.decoding, &key.validation);
        let verified = verified.map_err(|error| match error.kind() {
            ErrorKind::Json(_) => unreadable(token),
            _ => Rejection::BadSignature,
        })?;
        let proof = self.rules.proof(verified.claims)?;
        let identity = proof.identity.clone();
        self.verified.remember(digest, ProofByKey { key_id, key, proof });
        Ok(identity)
    }
}

#[async_trait]
impl TokenVerifier for JwksVerifier {
    async fn verify(&self, token: &str) -> Result<Identity, Refusal> {
        let digest = TokenDigest::of(token);
        match self.remembered(&digest) {
            Some(identity) => Ok(identity),
            None => self.verify_signature(token, digest).await,
        }
    }
}

/// Whether tokens can be verified at all.
#[async_trait]
impl Readiness for JwksVerifier {
    async fn check(&self) -> Result<(), RepositoryError> {
        if self.keys.is_usable() {
            Ok(())
        } else {
            Err(RepositoryError::Unavailable("the key set has not been fetched".into()))
        }
    }
}
