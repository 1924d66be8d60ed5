//! Changes to a task.

use super::{Description, Task, Title};
use crate::{FieldChange, Timestamp};

/// The changes of an update. Every other field keeps its value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TaskChanges {
    /// The new title, if it changes.
    pub title: Option<Title>,
    /// The change of the description.
    pub description: FieldChange<Description>,
    /// The change of `completed`.
    pub completed: CompletedChange,
}

/// The change of `completed` in an update.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum CompletedChange {
    /// Keeps the value.
    #[default]
    Keep,
    /// Sets the value, so that a retry is safe.
    Set(bool),
    /// Inverts the value that the task has when the change takes place.
    Toggle,
}

impl TaskChanges {
    /// Applies the changes to a task at `now`.
    pub fn apply(&self, task: &mut Task, now: Timestamp) {
        let Self { title, description, completed } = self;
        if let Some(title) = title {
            task.title = title.clone();
        }
        description.apply(&mut task.description);
        match completed {
            CompletedChange::Keep => {}
            CompletedChange::Set(completed) => task.completed = *completed,
            CompletedChange::Toggle => task.completed = !task.completed,
        }
        task.updated_at = task.updated_at.max(now);
        task.version = task.version.next();
    }
}
