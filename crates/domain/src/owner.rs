//! The owner of a resource.

use std::fmt;

use crate::{InvalidText, text::is_printable_ascii};

/// The id of the user who owns a resource.
///
/// Opaque text of 1 to 255 printable ASCII characters. Better Auth's default ids have 32 letters and digits, but no code
/// may depend on that.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OwnerId(String);

impl OwnerId {
    /// The maximum length of an id in characters.
    pub const MAX_CHARS: usize = 255;

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for OwnerId {
    type Error = InvalidText;

    fn try_from(text: String) -> Result<Self, InvalidText> {
        if is_printable_ascii(&text) && (1..=Self::MAX_CHARS).contains(&text.len()) {
            Ok(Self(text))
        } else {
            Err(InvalidText::new(format!("must be 1 to {} printable ASCII characters", Self::MAX_CHARS)))
        }
    }
}

impl fmt::Display for OwnerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
