//! Where a page of a list begins, as opaque text.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use domain::TaskId;
use uuid::Uuid;

const CHECKSUM_BYTES: usize = 4;

/// Writes the position after a task.
pub(crate) fn encode(after: TaskId) -> String {
    let id = after.as_uuid().as_bytes();
    BASE64_URL_SAFE_NO_PAD.encode([id.as_slice(), &checksum(id)].concat())
}

/// Reads a position; `None` if it is not one that [`encode`] wrote.
pub(crate) fn decode(text: &str) -> Option<TaskId> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
    let (id, sum) = bytes.split_last_chunk::<CHECKSUM_BYTES>()?;
    let id = Uuid::from_slice(id).ok()?;
    (checksum(id.as_bytes()) == *sum).then_some(TaskId::from(id))
}

/// FNV-1a, 32 bits. It tells a broken cursor from a whole one and is no signature: a cursor is only a position in the
/// caller's own list, so there is nothing to gain by forging one.
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
            let id = TaskId::from(Uuid::from_u128(id));
            prop_assert_eq!(decode(&encode(id)), Some(id));
        }

        #[test]
        fn a_broken_cursor_is_not_read(id: u128, at in 0..27_usize, with in "[A-Za-z0-9_=+/ -]") {
            let cursor = encode(TaskId::from(Uuid::from_u128(id)));
            let mut broken = cursor.clone();
            broken.replace_range(at..=at, &with);
            prop_assume!(broken != cursor);
            prop_assert_eq!(decode(&broken), None);
            prop_assert_eq!(decode(&cursor[..at]), None);
        }
    }
}
