//! Creating a task once, however often it is asked for, and within a quota.

use std::fmt;

use sha2::{Digest, Sha256};

use super::{NewTask, Task};
use crate::{Description, InvalidText, Timestamp};

/// What a client names one create by, so that it can repeat the request when it has seen no answer.
///
/// 1 to 255 printable ASCII characters. A key means something within the tasks of one user only.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// The most characters a key may have.
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
        let printable = text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        if printable && (1..=Self::MAX_CHARS).contains(&text.len()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidText::new(format!("must be 1 to {} printable ASCII characters", Self::MAX_CHARS)))
        }
    }
}

/// A digest of all that a client decides about a new task: it tells whether two requests ask for the same.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// The digest, to be stored.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl From<&NewTask> for Fingerprint {
    fn from(task: &NewTask) -> Self {
        let title = task.title.as_str();
        let description = task.description.as_ref().map(Description::as_str);
        // The length goes first, so that no character can move from one text to the other unnoticed.
        let digest = Sha256::new()
            .chain_update([u8::from(task.completed), u8::from(description.is_some())])
            .chain_update(title.len().to_be_bytes())
            .chain_update(title)
            .chain_update(description.unwrap_or_default())
            .finalize();
        Self(digest.into())
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fingerprint(…)")
    }
}

/// On what terms a task is created.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CreationTerms {
    /// Only once under this key.
    pub once: Option<Once>,
    /// Only while the owner has fewer tasks than this. Creates that run at the same moment may each see room for one.
    pub quota: Option<u32>,
}

/// Once under a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Once {
    /// The key.
    pub key: IdempotencyKey,
    /// A use of the key before this has been forgotten.
    pub since: Timestamp,
}

/// What became of a create.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Creation {
    /// The task was created.
    Created(Task),
    /// It had been created under this key before: the task as it was then, whatever has happened to it since.
    Replayed(Task),
    /// Another task was created under this key. Nothing was done.
    KeyReused,
    /// A create under this key is running at this moment, and how it ends is not known yet. Nothing was done.
    KeyInUse,
    /// The owner has as many tasks as they may have. Nothing was done, and the key is free.
    QuotaReached,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Title;

    fn task(title: &str, description: Option<&str>, completed: bool) -> NewTask {
        let description = description.map(|text| Description::try_from(text.to_owned()).unwrap());
        NewTask { title: Title::try_from(title).unwrap(), description, completed }
    }

    #[test]
    fn tasks_that_differ_in_anything_differ_in_their_fingerprint() {
        let different = [
            task("Buy wine", None, false),
            task("Buy wine", None, true),
            task("Buy wine", Some(""), false),
            task("Buy", Some("wine"), false),
            task("Buy w", Some("wine"), false),
        ];
        for (index, one) in different.iter().enumerate() {
            assert_eq!(Fingerprint::from(one), Fingerprint::from(&one.clone()));
            for other in &different[index + 1..] {
                assert_ne!(Fingerprint::from(one), Fingerprint::from(other), "{one:?} {other:?}");
            }
        }
    }

    #[test]
    fn a_key_is_1_to_255_printable_characters() {
        for key in ["k", "8e03978e-40d5-43e8-bc93-6894a57f9324", "with space", &"k".repeat(255)] {
            assert_eq!(IdempotencyKey::try_from(key).unwrap().as_str(), key);
        }
        for key in ["", "tab\t", "é", "\u{7f}", &"k".repeat(256)] {
            assert!(IdempotencyKey::try_from(key).is_err(), "{key:?}");
        }
    }
}
