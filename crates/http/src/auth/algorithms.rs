//! The supported signature algorithms, by their names in token headers.

/// Signed with a shared secret.
pub(super) const SECRET: &str = "HS256";

/// Signed with a key of a key set.
pub(super) const KEY_SET: [&str; 4] = ["EdDSA", "ES256", "RS256", "PS256"];
