//! A task's description and its rules.

use crate::{InvalidText, text::is_printable_ascii};

/// Details of a task: at most 10,000 characters (Unicode scalar values), kept exactly as given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description(String);

impl Description {
    /// The maximum length of a description in characters.
    pub const MAX_CHARS: usize = 10_000;

    /// The description as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A description from the store, which may hold one that another program has written. It is shown as it is.
    #[must_use]
    pub fn stored(text: String) -> Self {
        Self(text)
    }
}

impl TryFrom<String> for Description {
    type Error = InvalidText;

    /// Accepts no control characters other than tabs and line breaks.
    fn try_from(text: String) -> Result<Self, InvalidText> {
        if is_printable_ascii(&text) && text.len() <= Self::MAX_CHARS {
            Ok(Self(text))
        } else if text.chars().count() > Self::MAX_CHARS {
            Err(InvalidText::new(format!("must be at most {} characters", Self::MAX_CHARS)))
        } else if text.chars().any(|c| c.is_control() && !matches!(c, '\t' | '\n' | '\r')) {
            Err(InvalidText::new("must not contain control characters other than tabs and line breaks"))
        } else {
            Ok(Self(text))
        }
    }
}
