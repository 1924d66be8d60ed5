//! The header of a JSON Web Token.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::Deserialize;

use super::rejection::Rejection;

/// The accepted header parameters. A token with any other parameter is rejected: RFC 7515 requires that for an unsupported
/// `crit`, and a key that the token itself supplies (`jku`, `jwk`, `x5u`, …) proves nothing.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct JoseHeader {
    pub(super) alg: String,
    pub(super) kid: Option<String>,
    typ: Option<String>,
}

impl JoseHeader {
    /// Reads the header of `token`. The header is not verified yet: it only selects a verifier and one of its keys.
    pub(super) fn of(token: &str) -> Result<Self, Rejection> {
        let header = token.split('.').next().unwrap_or_default();
        let json = BASE64_URL_SAFE_NO_PAD.decode(header).map_err(|_not_base64| Rejection::NotAToken)?;
        // serde would also accept an array.
        if !json.starts_with(b"{") {
            return Err(Rejection::NotAToken);
        }
        let header: Self = serde_json::from_slice(&json).map_err(|_other_fields| Rejection::UnsupportedHeader)?;
        match header.typ.as_deref() {
            None => Ok(header),
            Some(typ) if typ.eq_ignore_ascii_case("JWT") => Ok(header),
            Some("better-auth.session-cache+jwt") => Err(Rejection::CookieCache),
            Some(_) => Err(Rejection::UnsupportedHeader),
        }
    }
}
