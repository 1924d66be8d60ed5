//! Which tasks a list shows.

use super::TaskId;
use crate::PageLimit;

/// Which of an owner's tasks to list, newest first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TaskQuery {
    /// List only tasks that are done, or only tasks that are not.
    pub completed: Option<bool>,
    /// List only tasks older than this one, the last of the page before. It need not exist any more.
    pub older_than: Option<TaskId>,
    /// The most tasks to return.
    pub limit: PageLimit,
}
