//! For tests: a fixed clock, predictable ids, users, the in-memory repository, and the contract suite.

mod clock;
pub mod contract;
mod memory;

pub use clock::{FixedClock, SequentialIds};
pub use memory::InMemoryTasks;

use crate::{Identity, NewTask, OwnerId, Title};

/// A task with this title and nothing else.
///
/// # Panics
///
/// If the title breaks a rule.
#[must_use]
#[expect(clippy::expect_used, reason = "tests name their own titles")]
pub fn titled(title: &str) -> NewTask {
    NewTask::titled(Title::try_from(title).expect("a valid title"))
}

/// A user who exists in every repository under test.
#[must_use]
pub fn alice() -> Identity {
    person("alice")
}

/// Another user who exists in every repository under test.
#[must_use]
pub fn bob() -> Identity {
    person("bob")
}

/// A user who has a valid token but no row.
#[must_use]
pub fn nobody() -> Identity {
    person("nobody")
}

fn person(name: &str) -> Identity {
    Identity { id: owner(name), name: Some(name.to_owned()), email: Some(format!("{name}@example.test")) }
}

#[expect(clippy::expect_used, reason = "the names above are printable ASCII")]
fn owner(name: &str) -> OwnerId {
    OwnerId::try_from(name.to_owned()).expect("a valid owner id")
}
