//! Authentication: turns a token into the use-cases of its user.
//!
//! [`credential`] finds the token in a request. [`authenticator`] chooses the verifier for it: [`secret`] for HS256 tokens,
//! [`jwks`] for tokens signed with a published key, [`session`] for Better Auth's session tokens. [`owner`] binds the
//! use-cases to the user.

pub(crate) mod accepted_values;
mod algorithms;
pub(crate) mod authenticator;
pub(crate) mod claims;
pub(crate) mod credential;
mod header;
pub(crate) mod jwks;
pub(crate) mod owner;
pub(crate) mod rejection;
pub(crate) mod secret;
pub(crate) mod session;
mod signature;
mod verified_tokens;
pub(crate) mod verifier;
