//! A task's id.

use std::fmt;

use uuid::Uuid;

use crate::InvalidText;

/// The id of a task: a UUID, ordered by the time the task was created.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskId(Uuid);

impl TaskId {
    /// The id as a UUID.
    #[must_use]
    pub fn as_uuid(&self) -> &Uuid {
        &self.0
    }
}

impl From<Uuid> for TaskId {
    fn from(uuid: Uuid) -> Self {
        Self(uuid)
    }
}

impl TryFrom<&str> for TaskId {
    type Error = InvalidText;

    /// Accepts only the form of `Display`, hyphenated and in lower case, so that a task has exactly one URL.
    fn try_from(text: &str) -> Result<Self, InvalidText> {
        let canonical = text.len() == 36 && !text.bytes().any(|byte| byte.is_ascii_uppercase());
        Uuid::try_parse(text)
            .ok()
            .filter(|_| canonical)
            .map(Self)
            .ok_or_else(|| InvalidText::new("must be a UUID, hyphenated and in lower case"))
    }
}

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
