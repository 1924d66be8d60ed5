//! Lists, a page at a time.

use std::ops::RangeInclusive;

use crate::{Task, TaskId};

/// Which of an owner's tasks to list, newest first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TaskQuery {
    /// Only those that are done, or only those that are not.
    pub completed: Option<bool>,
    /// Only those older than this one: the last task of the page before. It need not exist any more.
    pub older_than: Option<TaskId>,
    /// How many at most.
    pub limit: PageLimit,
}

/// How many tasks a page holds at most: 1 to 1000.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageLimit(u16);

impl PageLimit {
    /// What a limit may be.
    pub const RANGE: RangeInclusive<u16> = 1..=1000;

    /// The limit, if it is within [`RANGE`](Self::RANGE).
    #[must_use]
    pub fn new(limit: u16) -> Option<Self> {
        Self::RANGE.contains(&limit).then_some(Self(limit))
    }

    /// The limit as a number.
    #[must_use]
    pub fn get(self) -> u16 {
        self.0
    }
}

impl Default for PageLimit {
    /// The largest page: callers that do not ask for pages expect the whole list.
    fn default() -> Self {
        Self(*Self::RANGE.end())
    }
}

/// Some of a list, and whether there is more of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The tasks, newest first.
    pub tasks: Vec<Task>,
    /// Whether older tasks follow.
    pub has_more: bool,
}

impl Page {
    /// Makes a page of a list that was read one task past its limit, to see whether there is more.
    #[must_use]
    pub fn from_one_past(limit: PageLimit, mut tasks: Vec<Task>) -> Self {
        let limit = usize::from(limit.get());
        let has_more = tasks.len() > limit;
        tasks.truncate(limit);
        Self { tasks, has_more }
    }

    /// Where the next page begins, if there is one.
    #[must_use]
    pub fn next(&self) -> Option<TaskId> {
        self.tasks.last().filter(|_| self.has_more).map(|task| task.id)
    }
}
