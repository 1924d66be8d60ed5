//! Which tasks a list shows.

use super::TaskId;
use crate::PageLimit;

/// Which of an owner's tasks to list, newest first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TaskQuery {
    /// List only tasks that are done, or only tasks that are not.
    pub completed: Option<bool>,
    /// List only tasks older than this one, the last of the previous page. It may have been deleted since.
    pub older_than: Option<TaskId>,
    /// The maximum number of tasks to return.
    pub limit: PageLimit,
}
