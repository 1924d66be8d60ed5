//! Tokens that have been verified, so that a repeated one is not verified again.

use std::sync::Arc;

use quick_cache::sync::Cache;
use sha2::{Digest, Sha256};

/// How many tokens are remembered: some 4 MB at the most.
const CAPACITY: usize = 10_000;

/// A bounded memory of what verified tokens have proved, by their digest: the tokens themselves are not kept.
pub(super) struct VerifiedTokens<P>(Cache<TokenDigest, Arc<P>>);

impl<P> Default for VerifiedTokens<P> {
    fn default() -> Self {
        Self(Cache::new(CAPACITY))
    }
}

impl<P> VerifiedTokens<P> {
    /// What a token has proved. Whether it still does is for the caller to say.
    pub(super) fn find(&self, token: &TokenDigest) -> Option<Arc<P>> {
        self.0.get(token)
    }

    pub(super) fn remember(&self, token: TokenDigest, proof: P) {
        self.0.insert(token, Arc::new(proof));
    }
}

/// What a token is known by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct TokenDigest([u8; 32]);

impl TokenDigest {
    pub(super) fn of(token: &str) -> Self {
        Self(Sha256::digest(token).into())
    }
}
