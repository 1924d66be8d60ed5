//! For tests and benchmarks: the application over an in-memory repository, its clients, and keys of every kind.

#![expect(
    missing_docs,
    async_fn_in_trait,
    clippy::missing_panics_doc,
    clippy::must_use_candidate,
    clippy::new_without_default,
    clippy::panic,
    clippy::return_self_not_must_use,
    clippy::unwrap_used,
    reason = "these serve the tests of this crate only, whose failure is a panic"
)]

mod app;
mod keys;
mod tokens;

pub use app::{Answer, Client, Request, Running, TestApp, is};
pub use keys::{ORIGIN, Published, SIGNERS, Signer, every_verifier, good_claims, key_set, key_set_rules, now, rsa_jwk};
pub use tokens::{SECRET, rules, token_of, verifier};
