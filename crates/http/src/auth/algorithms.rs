//! The algorithms of the tokens that can be verified, as their header names them.

/// Signed with a shared secret.
pub(super) const SECRET: &str = "HS256";

/// Signed with a key of a key set.
pub(super) const KEY_SET: [&str; 4] = ["EdDSA", "ES256", "RS256", "PS256"];
