//! Verifies tokens with the keys of a key set.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use domain::{Identity, Readiness, RepositoryError};

use super::{
    cache::KeyCache,
    key_set::{Key, MAX_KEY_ID_BYTES},
    source::KeySource,
};
use crate::auth::{
    algorithms,
    claims::{ClaimRules, Proof},
    header::JoseHeader,
    rejection::{Rejection, VerifyError},
    signature::signed_claims,
    verified_tokens::{TokenDigest, VerifiedTokens},
    verifier::TokenVerifier,
};

/// Verifies tokens with the keys of a key set. Each key has one algorithm. The key set decides which, never the token.
pub struct JwksVerifier {
    keys: Arc<KeyCache>,
    rules: ClaimRules,
    verified: VerifiedTokens<ProofByKey>,
}

/// A token's proof, and the key that verified it. Both must still be valid when the proof is reused.
struct ProofByKey {
    key_id: String,
    key: Arc<Key>,
    proof: Proof,
}

impl JwksVerifier {
    /// The algorithms of these tokens, as their header names them.
    pub const ALGORITHMS: [&'static str; 4] = algorithms::KEY_SET;

    /// A verifier that has no keys until [`keep_fresh`](Self::keep_fresh) runs or a token requires one.
    #[must_use]
    pub fn new(source: Arc<dyn KeySource>, rules: ClaimRules) -> Self {
        Self { keys: Arc::new(KeyCache::new(source)), rules, verified: VerifiedTokens::default() }
    }

    /// Fetches the key set every ten minutes, and sooner after a failure. Never returns.
    pub async fn keep_fresh(&self) {
        self.keys.keep_fresh().await;
    }

    /// The age of the key set; `None` before the first fetch.
    #[must_use]
    pub fn key_set_age(&self) -> Option<Duration> {
        self.keys.age()
    }

    /// The cached identity of a token, if it is still valid. Verifying an elliptic curve signature takes longer than the rest
    /// of a request.
    pub(in crate::auth) fn remembered(&self, token: &TokenDigest) -> Option<Identity> {
        let verified = self.verified.find(token)?;
        let holds = self.rules.is_current(&verified.proof) && self.keys.still_has(&verified.key_id, &verified.key);
        holds.then(|| verified.proof.identity.clone())
    }

    async fn verify_signature(&self, token: &str, digest: TokenDigest) -> Result<Identity, VerifyError> {
        let header = JoseHeader::of(token)?;
        let key_id = header.kid.ok_or(Rejection::NoKeyId)?;
        // No key set contains such a key, so a fetch would be useless.
        if key_id.len() > MAX_KEY_ID_BYTES {
            return Err(Rejection::UnknownKey.into());
        }
        let key = self.keys.key(&key_id).await?;
        if key.algorithm_name != header.alg {
            return Err(Rejection::WrongAlgorithm.into());
        }
        let proof = self.rules.proof(signed_claims(token, &key.decoding, &key.validation)?)?;
        let identity = proof.identity.clone();
        self.verified.remember(digest, ProofByKey { key_id, key, proof });
        Ok(identity)
    }
}

#[async_trait]
impl TokenVerifier for JwksVerifier {
    async fn verify(&self, token: &str) -> Result<Identity, VerifyError> {
        let digest = TokenDigest::of(token);
        match self.remembered(&digest) {
            Some(identity) => Ok(identity),
            None => self.verify_signature(token, digest).await,
        }
    }
}

/// Ready if there is a key set.
#[async_trait]
impl Readiness for JwksVerifier {
    async fn check(&self) -> Result<(), RepositoryError> {
        if self.keys.is_usable() { Ok(()) } else { Err(RepositoryError::Unavailable(self.keys.failure().into())) }
    }
}
