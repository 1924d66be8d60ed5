//! The task and the values it is made of.

mod changes;
mod creation;
mod description;
mod id;
mod title;
mod version;

pub use changes::{CompletedChange, DescriptionChange, NewTask, Outcome, Precondition, TaskChanges};
pub use creation::{Creation, CreationTerms, Fingerprint, IdempotencyKey, Once};
pub use description::Description;
pub use id::TaskId;
pub use title::Title;
pub use version::Version;

use crate::{OwnerId, Timestamp};

/// Something one user wants done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// Names the task among those of its owner.
    pub id: TaskId,
    /// The one user who may see and change it.
    pub owner: OwnerId,
    /// What is to be done.
    pub title: Title,
    /// More about it, if there is more to say.
    pub description: Option<Description>,
    /// Whether it is done.
    pub completed: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed; never earlier than before that change.
    pub updated_at: Timestamp,
    /// How many states it has had.
    pub version: Version,
}

impl Task {
    /// What `new` is once it has been created: `now` is both its times, and its version the first.
    #[must_use]
    pub fn created(owner: OwnerId, id: TaskId, new: NewTask, now: Timestamp) -> Self {
        let NewTask { title, description, completed } = new;
        Self { id, owner, title, description, completed, created_at: now, updated_at: now, version: Version::FIRST }
    }
}
