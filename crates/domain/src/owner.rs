//! The owner of a resource.

use std::fmt;

use crate::{InvalidText, text::check_opaque};

/// The id of the user who owns a resource.
///
/// Opaque text of 1 to [`MAX_CHARS`](Self::MAX_CHARS) printable ASCII characters. Better Auth's default ids have 32 letters
/// and digits, but no code may depend on that.
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
        check_opaque(&text, Self::MAX_CHARS)?;
        Ok(Self(text))
    }
}

impl fmt::Display for OwnerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
