//! What is asked for, again and again.

use std::fmt;

use clap::ValueEnum;
use serde::Serialize;

/// One kind of request, or the mix of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
#[value(rename_all = "lowercase")]
pub(crate) enum Workload {
    /// One task, at random.
    Get,
    /// The first page of 20 of somebody's list.
    List20,
    /// A whole list of 1,000.
    List1000,
    /// A new task with a description.
    Create,
    /// Another title and description.
    Update,
    /// Completed, or open again.
    Toggle,
    /// A task that was made to be deleted.
    Delete,
    /// What an app does all day: mostly reads.
    Mix,
}

impl Workload {
    /// What the mix is made of, in percent.
    pub(crate) const MIX: [(Self, u64); 6] = [
        (Self::Get, 35),
        (Self::List20, 35),
        (Self::Create, 10),
        (Self::Update, 8),
        (Self::Toggle, 10),
        (Self::Delete, 2),
    ];

    /// Those that are a statement each; the mix is made of them.
    pub(crate) const STATEMENTS: [Self; 7] =
        [Self::Get, Self::List20, Self::List1000, Self::Create, Self::Update, Self::Toggle, Self::Delete];

    /// Whether it reads a list, and so names no task.
    pub(crate) fn lists(self) -> bool {
        matches!(self, Self::List20 | Self::List1000)
    }

    /// Whether rows are changed, so that there is something to tidy up afterwards.
    pub(crate) fn writes(self) -> bool {
        !matches!(self, Self::Get | Self::List20 | Self::List1000)
    }

    /// Whether tasks must be there to be deleted.
    pub(crate) fn deletes(self) -> bool {
        matches!(self, Self::Delete | Self::Mix)
    }
}

impl fmt::Display for Workload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Get => "get",
            Self::List20 => "list20",
            Self::List1000 => "list1000",
            Self::Create => "create",
            Self::Update => "update",
            Self::Toggle => "toggle",
            Self::Delete => "delete",
            Self::Mix => "mix",
        })
    }
}
