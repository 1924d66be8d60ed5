//! What a caller may decide about a task.

use super::{Description, Task, Title, Version};

/// A task to be made. Everything else about it is decided here, not by the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTask {
    /// What is to be done.
    pub title: Title,
    /// More about it.
    pub description: Option<Description>,
    /// Whether it is done already.
    pub completed: bool,
}

/// What to change about a task. What is not named here stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TaskChanges {
    /// The new title, if it changes.
    pub title: Option<Title>,
    /// What happens to the description.
    pub description: DescriptionChange,
    /// What happens to the mark that it is done.
    pub completed: CompletedChange,
}

/// What an update does to a description.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum DescriptionChange {
    /// It stays.
    #[default]
    Keep,
    /// It is removed.
    Clear,
    /// It is replaced.
    Set(Description),
}

/// What an update does to the mark that a task is done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum CompletedChange {
    /// It stays.
    #[default]
    Keep,
    /// It becomes this, whatever it was: a repetition changes nothing more.
    Set(bool),
    /// It becomes the opposite of what it is when the change takes place.
    Toggle,
}

/// Which state a task must be in for a change to take place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Precondition {
    /// Any.
    #[default]
    None,
    /// One with one of these versions: those that the caller has seen.
    Version(Vec<Version>),
}

/// What became of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome<T> {
    /// It took place.
    Done(T),
    /// There is no such task.
    Absent,
    /// It did not take place: the task is in another state than the precondition asks for. This one.
    Stale(Task),
}
