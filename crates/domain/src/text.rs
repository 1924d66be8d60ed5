//! Helpers for the rules about text.

use std::borrow::Cow;

/// The rule that a text breaks. Its wording follows a field's name: `must be 1 to 500 characters`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidText(Cow<'static, str>);

impl InvalidText {
    pub(crate) fn new(rule: impl Into<Cow<'static, str>>) -> Self {
        Self(rule.into())
    }
}

/// Whether the text consists only of ASCII letters, digits, punctuation and spaces, like most text. Reads all bytes without an
/// early exit, so that the compiler can vectorize the loop.
pub(crate) fn is_printable_ascii(text: &str) -> bool {
    text.bytes().fold(true, |printable, byte| printable & matches!(byte, b' '..=b'~'))
}

/// The rule of opaque text: 1 to `max` printable ASCII characters.
pub(crate) fn check_opaque(text: &str, max: usize) -> Result<(), InvalidText> {
    if is_printable_ascii(text) && (1..=max).contains(&text.len()) {
        Ok(())
    } else {
        Err(InvalidText::new(format!("must be 1 to {max} printable ASCII characters")))
    }
}

/// Whether a reader can see this character.
pub(crate) fn is_visible(character: char) -> bool {
    !character.is_whitespace() && !character.is_control() && !is_ignorable(character)
}

/// Characters that are invisible by themselves: Unicode's property `Default_Ignorable_Code_Point`
/// (DerivedCoreProperties.txt, version 16) and the blank Braille pattern.
fn is_ignorable(character: char) -> bool {
    matches!(character,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}'..='\u{1160}' | '\u{17B4}'..='\u{17B5}' | '\u{180B}'..='\u{180F}'
        | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{2800}' | '\u{3164}'
        | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFF8}' | '\u{1BCA0}'..='\u{1BCA3}'
        | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
}
