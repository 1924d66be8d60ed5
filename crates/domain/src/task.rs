//! The task: its values, its use-cases, and the port that stores it.

mod changes;
mod description;
mod id;
mod new;
mod query;
mod repository;
mod title;
mod use_cases;

pub use changes::{CompletedChange, TaskChanges};
pub use description::Description;
pub use id::TaskId;
pub use new::NewTask;
pub use query::TaskQuery;
pub use repository::TaskRepository;
pub use title::Title;
pub use use_cases::OwnerTasks;

use crate::{OwnerId, Timestamp, Version};

/// Something that a user wants to get done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// Identifies the task among its owner's tasks.
    pub id: TaskId,
    /// The one user who may see and change it.
    pub owner: OwnerId,
    /// What the user wants to get done.
    pub title: Title,
    /// Details, if there are any.
    pub description: Option<Description>,
    /// Whether it is done.
    pub completed: bool,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last changed. It never goes backwards.
    pub updated_at: Timestamp,
    /// Its version, which grows with every change.
    pub version: Version,
}

impl Task {
    /// The task that is created from `new` at `now`: both its times are `now`, and its version is the first.
    #[must_use]
    pub fn created(owner: OwnerId, id: TaskId, new: NewTask, now: Timestamp) -> Self {
        let NewTask { title, description, completed } = new;
        Self { id, owner, title, description, completed, created_at: now, updated_at: now, version: Version::FIRST }
    }

    /// The most bytes of text in a task: UTF-8 has up to four for a character.
    pub const MAX_TEXT_BYTES: usize = 4 * (*Title::CHARS.end() + Description::MAX_CHARS);

    /// The bytes of its text, on which the length of a page depends.
    #[must_use]
    pub fn text_bytes(&self) -> usize {
        self.title.as_str().len() + self.description.as_ref().map_or(0, |text| text.as_str().len())
    }
}
