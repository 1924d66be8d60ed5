//! Spoils the answers to commits, as a server does that commits on several machines.

use std::sync::atomic::{AtomicU64, Ordering};

/// The answer to one commit of so many is spoiled.
const EVERY: u64 = 20;

/// What Postgres sends when it waits for the next statement outside of a transaction.
const IDLE: &[u8] = b"Z\0\0\0\x05I";

/// The ends of a transaction, and of a change without one.
const ENDS: [&[u8]; 4] = [b"COMMIT\0", b"INSERT 0 1\0", b"UPDATE 1\0", b"DELETE 1\0"];

/// An error that does not say whether the commit took effect.
const FIELDS: &[u8] = b"SERROR\0VERROR\0CXX000\0Mcould not commit on at least one active node\0\0";

/// What Postgres sent, after spoiling. `None` if the connection ends instead. By turns, a commit that took effect is reported as
/// failed, or its answer is lost with the connection. `commits` counts the commits of all connections.
pub(super) fn spoiled(sent: &[u8], commits: &AtomicU64) -> Option<Vec<u8>> {
    let mut sent = sent.to_vec();
    let Some(end) = end_of_commit(&sent) else { return Some(sent) };
    let number = commits.fetch_add(1, Ordering::Relaxed);
    if !number.is_multiple_of(EVERY) {
        return Some(sent);
    }
    if number.is_multiple_of(2 * EVERY) {
        return None;
    }
    let length = u32::try_from(FIELDS.len() + 4).unwrap_or(u32::MAX).to_be_bytes();
    sent.splice(end..end, [b"E", length.as_slice(), FIELDS].concat());
    Some(sent)
}

/// Where the answer to a commit ends.
fn end_of_commit(sent: &[u8]) -> Option<usize> {
    ENDS.iter().find_map(|tag| {
        let end = [tag, IDLE].concat();
        sent.windows(end.len()).position(|window| window == end).map(|start| start + tag.len())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_commit_of_many_is_lost_or_reported_as_failed() {
        let commits = AtomicU64::new(0);
        let answer = [b"C\0\0\0\x0bCOMMIT\0", IDLE].concat();

        let sent: Vec<_> = (0..2 * EVERY).map(|_| spoiled(&answer, &commits)).collect();

        assert_eq!(sent[0], None);
        let error = sent[20].as_ref().unwrap();
        assert!(error.starts_with(&answer[..12]) && error.ends_with(IDLE), "{error:?}");
        assert_eq!(error.len(), answer.len() + 5 + FIELDS.len());
        assert_eq!(sent.iter().filter(|sent| sent.as_ref() == Some(&answer)).count(), 38);
    }

    #[test]
    fn reads_are_not_spoiled() {
        let answer = [b"C\0\0\0\x0dSELECT 1\0", IDLE].concat();

        assert_eq!(spoiled(&answer, &AtomicU64::new(0)), Some(answer));
    }
}
