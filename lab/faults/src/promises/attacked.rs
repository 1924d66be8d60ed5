//! The figures of an attack: what it costs the victim and the service, and what the attacker got.

use std::time::Duration;

/// How many times as long the victim's requests may take beside the attack.
pub(crate) const FACTOR: u32 = 3;

/// Up to here, times are not compared: without an attack most requests take one to three milliseconds, and a busy machine with
/// two cores adds more than that to some. Without optimization each request of the attacker keeps a thread busy for many times
/// as long, and the suite is built as the service is.
pub(crate) const FLOOR: Duration = Duration::from_millis(if cfg!(debug_assertions) { 250 } else { 20 });

/// The figures. `None` and 0 mean not measured.
#[derive(Debug, Clone, Default)]
pub(crate) struct Attacked {
    /// The victim's 99th percentile without the attack, and beside it.
    pub(crate) alone: Option<Duration>,
    pub(crate) beside: Option<Duration>,
    /// The most memory that the service has had, in bytes.
    pub(crate) memory: u64,
    /// How much it may have, and why.
    pub(crate) allowed: u64,
    pub(crate) allowed_for: String,
    /// What the attacker got: responses by status, and what became of connections.
    pub(crate) got: String,
}

impl Attacked {
    /// How the victim was hindered. `None` if it was not.
    pub(super) fn hindered(&self) -> Option<String> {
        let (Some(alone), Some(beside)) = (self.alone, self.beside) else { return Some("not measured".to_owned()) };
        let is_hindered = beside > (FACTOR * alone).max(FLOOR);
        is_hindered.then(|| format!("{} instead of {}", milliseconds(beside), milliseconds(alone)))
    }

    /// By how much the memory exceeds what is allowed. `None` if it does not.
    pub(super) fn too_large(&self) -> Option<String> {
        match self.memory {
            0 => Some("not measured".to_owned()),
            memory if memory <= self.allowed => None,
            memory => {
                Some(format!("{}, allowed are {}: {}", megabytes(memory), megabytes(self.allowed), self.allowed_for))
            }
        }
    }
}

pub(crate) fn milliseconds(span: Duration) -> String {
    format!("{:.1} ms", span.as_secs_f64() * 1000.0)
}

pub(crate) fn megabytes(bytes: u64) -> String {
    format!("{} MB", bytes.div_ceil(1_000_000))
}
