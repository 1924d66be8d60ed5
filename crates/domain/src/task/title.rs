//! A task's title and its rules.

use std::ops::RangeInclusive;

use crate::{
    InvalidText,
    text::{is_printable_ascii, is_visible},
};

/// The title of a task: 1 to 500 characters (Unicode scalar values), no control characters and at least one visible character.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Title(String);

impl Title {
    /// The number of characters a title may have, after surrounding white space is removed.
    pub const CHARS: RangeInclusive<usize> = 1..=500;

    /// The title as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A title from the store, which may hold one that another program has written. It is shown as it is.
    #[must_use]
    pub fn stored(text: String) -> Self {
        Self(text)
    }
}

impl TryFrom<&str> for Title {
    type Error = InvalidText;

    /// Removes surrounding white space and checks the rest.
    fn try_from(text: &str) -> Result<Self, InvalidText> {
        let text = text.trim();
        // Fast path. After the trim, the first character is visible.
        if is_printable_ascii(text) && Self::CHARS.contains(&text.len()) {
            Ok(Self(text.to_owned()))
        } else if !Self::CHARS.contains(&text.chars().count()) {
            Err(InvalidText::new(format!("must be {} to {} characters", Self::CHARS.start(), Self::CHARS.end())))
        } else if text.chars().any(char::is_control) {
            Err(InvalidText::new("must not contain control characters"))
        } else if !text.chars().any(is_visible) {
            Err(InvalidText::new("must contain at least one visible character"))
        } else {
            Ok(Self(text.to_owned()))
        }
    }
}
