//! For tests of this crate and of every repository.

mod clock;
pub mod contract;
mod isolation;
mod memory;

pub use clock::{FixedClock, SequentialIds};
pub use isolation::two_owners_never_mix;
pub use memory::InMemoryTasks;

use crate::{Identity, OwnerId};

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

/// A user with a valid token but without a row among the users.
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
