//! Cursors: the start position of a page in a list, as opaque text.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use schemars::{Schema, json_schema};
use uuid::Uuid;

use crate::wire::{Described, Problem, Read};

const CHECKSUM_BYTES: usize = 4;

/// The position after the item with this id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cursor(pub(crate) Uuid);

impl Cursor {
    pub(crate) fn encode(self) -> String {
        let id = self.0.as_bytes();
        BASE64_URL_SAFE_NO_PAD.encode([id.as_slice(), &checksum(id)].concat())
    }

    /// `None` if [`encode`](Self::encode) never returns this text.
    pub(crate) fn decode(text: &str) -> Option<Self> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
        let (id, sum) = bytes.split_last_chunk::<CHECKSUM_BYTES>()?;
        let id = Uuid::from_slice(id).ok()?;
        (checksum(id.as_bytes()) == *sum).then_some(Self(id))
    }
}

impl Described for Cursor {
    fn schema() -> Schema {
        json_schema!({ "type": "string", "pattern": "^[A-Za-z0-9_-]{27}$" })
    }
}

impl Read<String> for Cursor {
    fn read(text: String) -> Result<Self, Problem> {
        Self::decode(&text).ok_or("must be the next_cursor of an earlier page".into())
    }
}

/// FNV-1a, 32 bits. It detects a damaged cursor. It is not a signature: a cursor is only a position in the caller's own list,
/// so forging one gains nothing.
fn checksum(bytes: &[u8]) -> [u8; CHECKSUM_BYTES] {
    let hash = bytes.iter().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193));
    hash.to_be_bytes()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_cursor_is_read_as_it_was_written(id: u128) {
            let cursor = Cursor(Uuid::from_u128(id));
            prop_assert_eq!(Cursor::decode(&cursor.encode()), Some(cursor));
        }

        #[test]
        fn a_damaged_cursor_is_rejected(id: u128, at in 0..27_usize, with in "[A-Za-z0-9_=+/ -]") {
            let cursor = Cursor(Uuid::from_u128(id)).encode();
            let mut damaged = cursor.clone();
            damaged.replace_range(at..=at, &with);
            prop_assume!(damaged != cursor);
            prop_assert_eq!(Cursor::decode(&damaged), None);
            prop_assert_eq!(Cursor::decode(&cursor[..at]), None);
        }
    }
}
