//! The endpoints of tasks in both styles, one file each.

mod complete;
mod conflict;
mod create;
mod delete;
mod get;
mod list;
mod retry;
mod update;

/// Alice's list, in each style.
const BOTH_STYLES: [&str; 2] = ["/api/tasks", "/api/alice/tasks"];
