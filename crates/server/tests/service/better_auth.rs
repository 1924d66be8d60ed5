//! The real binary and a real Better Auth on one database: only tokens that Better Auth issues are accepted.
//!
//! The app is `tests/better-auth` at the root of the repository. If it cannot run, these tests are skipped.

mod account;
mod app;
mod cookie_cache;
mod cookies;
mod deletion;
mod guests;
mod inspect;
mod key_set;
mod migrations;
mod outage;
mod roles;
mod rotation;
mod secret;
mod serving;
mod sessions;
mod variants;
