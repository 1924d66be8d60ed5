//! The API as a client sees it, over the in-memory repository.

#![expect(
    unreachable_pub,
    clippy::panic,
    clippy::unwrap_used,
    reason = "these are tests: nothing reaches into them, and their failure is a panic"
)]

mod auth;
mod bodies;
mod cors;
mod envelope;
mod health;
mod limits;
mod log;
mod metrics;
mod openapi;
mod tasks;
mod walk;
