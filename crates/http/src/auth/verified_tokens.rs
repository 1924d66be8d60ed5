//! A cache of verified tokens, so that a repeated token is not verified again.

use std::sync::Arc;

use quick_cache::sync::Cache;
use sha2::{Digest, Sha256};

/// The maximum number of cached tokens, about 4 MB.
const CAPACITY: usize = 10_000;

/// The proofs of verified tokens, by the digest of the token. The tokens themselves are not kept.
pub(super) struct VerifiedTokens<P>(Cache<TokenDigest, Arc<P>>);

impl<P> Default for VerifiedTokens<P> {
    fn default() -> Self {
        Self(Cache::new(CAPACITY))
    }
}

impl<P> VerifiedTokens<P> {
    /// The proof of a token. The caller checks whether it is still valid.
    pub(super) fn find(&self, token: &TokenDigest) -> Option<Arc<P>> {
        self.0.get(token)
    }

    pub(super) fn remember(&self, token: TokenDigest, proof: P) {
        self.0.insert(token, Arc::new(proof));
    }
}

/// Identifies a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct TokenDigest([u8; 32]);

impl TokenDigest {
    pub(super) fn of(token: &str) -> Self {
        Self(Sha256::digest(token).into())
    }
}
