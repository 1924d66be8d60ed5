//! Creates of any resource: idempotency keys and quotas.

use std::fmt;

use async_trait::async_trait;

use crate::{InvalidText, RepositoryError, Timestamp, text::check_opaque};

/// Identifies one create, so that the client can repeat the request if the response was lost.
///
/// 1 to [`MAX_CHARS`](Self::MAX_CHARS) printable ASCII characters. Keys of different users are independent.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// The maximum length of a key in characters.
    pub const MAX_CHARS: usize = 255;

    /// The key as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<&str> for IdempotencyKey {
    type Error = InvalidText;

    fn try_from(text: &str) -> Result<Self, InvalidText> {
        check_opaque(text, Self::MAX_CHARS)?;
        Ok(Self(text.to_owned()))
    }
}

/// A digest of everything a client decides about a new resource. Equal requests have equal fingerprints.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// The digest, to be stored.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl From<[u8; 32]> for Fingerprint {
    fn from(digest: [u8; 32]) -> Self {
        Self(digest)
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fingerprint(…)")
    }
}

/// Conditions under which a resource is created. The default has none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CreateOptions {
    /// Create at most once with this key.
    pub idempotency: Option<IdempotencyGuard>,
    /// Create only if the owner has fewer resources than this. Concurrent creates may each see the last free place and exceed
    /// the quota.
    pub quota: Option<u32>,
}

impl CreateOptions {
    /// How many stored keys an owner may have, expired or not, if there is a quota. A key outlives its resource.
    #[must_use]
    pub fn key_quota(&self) -> Option<u32> {
        self.quota.map(|quota| quota.saturating_mul(10))
    }
}

/// A key, and how long its use is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyGuard {
    /// The key.
    pub key: IdempotencyKey,
    /// A use of the key before this instant has expired.
    pub since: Timestamp,
}

/// The outcome of a create of a resource `R`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CreateOutcome<R> {
    /// The resource was created.
    Created(R),
    /// An earlier request with this key had created it. This is the resource as it was then, without later changes.
    Replayed(R),
    /// The key was used for a different resource. Nothing was created.
    KeyReused,
    /// A create with this key is in flight, and its outcome is not known yet. Nothing was created.
    KeyInUse,
    /// The owner has reached the quota. Nothing was created, and the key remains unused.
    QuotaReached,
    /// The owner has too many keys. Nothing was created, and the key remains unused.
    TooManyKeys,
}

impl<R> CreateOutcome<R> {
    /// The resource, if this request created it.
    #[must_use]
    pub fn created(self) -> Option<R> {
        match self {
            Self::Created(resource) => Some(resource),
            Self::Replayed(_) | Self::KeyReused | Self::KeyInUse | Self::QuotaReached | Self::TooManyKeys => None,
        }
    }
}

/// Keeps the idempotency keys of all users.
#[async_trait]
pub trait IdempotencyKeys: Send + Sync {
    /// Deletes the keys that were last used before `time`, and returns how many there were.
    ///
    /// # Errors
    ///
    /// As [`TaskRepository`](crate::TaskRepository). Some of the keys may be deleted then.
    async fn forget_before(&self, time: Timestamp) -> Result<u64, RepositoryError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_1_to_255_printable_characters() {
        for key in ["k", "8e03978e-40d5-43e8-bc93-6894a57f9324", "with space", &"k".repeat(255)] {
            assert_eq!(IdempotencyKey::try_from(key).unwrap().as_str(), key);
        }
        for key in ["", "tab\t", "é", "\u{7f}", &"k".repeat(256)] {
            assert!(IdempotencyKey::try_from(key).is_err(), "{key:?}");
        }
    }
}
