//! Tokens whose signature has been verified, so that a repeated one is not verified again.

use std::sync::Arc;

use quick_cache::sync::Cache;
use sha2::{Digest, Sha256};

use super::key_set::Key;
use crate::auth::claims::Proof;

/// How many tokens are remembered: some 4 MB at the most.
const CAPACITY: usize = 10_000;

/// A bounded memory of verified tokens, by their digest: the tokens themselves are not kept.
pub(super) struct VerifiedTokens(Cache<[u8; 32], Arc<Verified>>);

/// A token's proof, and the key it rests on. Both must hold still when it is used again.
pub(super) struct Verified {
    pub(super) key_id: String,
    pub(super) key: Arc<Key>,
    pub(super) proof: Proof,
}

impl Default for VerifiedTokens {
    fn default() -> Self {
        Self(Cache::new(CAPACITY))
    }
}

impl VerifiedTokens {
    pub(super) fn find(&self, token: &str) -> Option<Arc<Verified>> {
        self.0.get(&digest(token))
    }

    pub(super) fn remember(&self, token: &str, key_id: String, key: Arc<Key>, proof: Proof) {
        self.0.insert(digest(token), Arc::new(Verified { key_id, key, proof }));
    }
}

fn digest(token: &str) -> [u8; 32] {
    Sha256::digest(token).into()
}
