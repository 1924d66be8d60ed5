//! The real binary, on the real databases.

#![expect(
    unreachable_pub,
    clippy::panic,
    clippy::unwrap_used,
    reason = "these are tests: nothing reaches into them, and their failure is a panic"
)]

mod better_auth;
mod commands;
mod connections;
mod corpus;
mod inspect;
mod limits;
mod listening;
mod log;
mod metrics;
mod monitoring;
mod output;
mod proxy;
mod sources;
mod start;
mod stop;
mod story;
mod support;
mod trace;
mod waiting;
