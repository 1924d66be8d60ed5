//! The endpoints of tasks, a file each, in both styles.

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
