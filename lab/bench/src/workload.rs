//! The workloads.

use std::fmt;

use clap::ValueEnum;
use serde::Serialize;

/// A kind of request, or a mix of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
#[value(rename_all = "lowercase")]
pub(crate) enum Workload {
    /// Get a random task.
    Get,
    /// List the first 20 tasks of a random user.
    List20,
    /// List all 1,000 tasks of a random user.
    List1000,
    /// Create a task with a description.
    Create,
    /// Change title and description.
    Update,
    /// Toggle completion.
    Toggle,
    /// Delete a task.
    Delete,
    /// A mix of requests as an app sends them, mostly reads.
    Mix,
}

impl Workload {
    /// The mix, in percent.
    pub(crate) const MIX: [(Self, u64); 6] = [
        (Self::Get, 35),
        (Self::List20, 35),
        (Self::Create, 10),
        (Self::Update, 8),
        (Self::Toggle, 10),
        (Self::Delete, 2),
    ];

    /// The workloads that are one statement each, which is all but the mix.
    pub(crate) const STATEMENTS: [Self; 7] =
        [Self::Get, Self::List20, Self::List1000, Self::Create, Self::Update, Self::Toggle, Self::Delete];

    /// Whether it lists tasks, and so has no id of a task.
    pub(crate) fn lists(self) -> bool {
        matches!(self, Self::List20 | Self::List1000)
    }

    /// Whether it changes rows, which must be undone after a measurement.
    pub(crate) fn writes(self) -> bool {
        !matches!(self, Self::Get | Self::List20 | Self::List1000)
    }

    /// Whether it needs tasks to delete.
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
