//! The API as a client sees it, over the in-memory repository.

#![expect(unreachable_pub, reason = "nothing outside a test can reach into it")]

mod auth;
mod bodies;
mod cors;
mod envelope;
mod health;
mod openapi;
mod support;
mod tasks;
mod walk;
