//! What the executor promises, on a Postgres of its own.

#![expect(clippy::unwrap_used, reason = "these are tests: their failure is a panic")]

mod kinds;
mod support;
