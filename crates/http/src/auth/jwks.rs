//! Tokens signed with one of the keys that Better Auth publishes: `EdDSA`, ES256, RS256 or PS256.

mod cache;
pub(crate) mod fetch;
mod fetch_error;
pub(crate) mod key_set;
pub(crate) mod source;
pub(crate) mod verifier;
