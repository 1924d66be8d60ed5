//! Finding the token in a request.

use actix_web::http::header::{AUTHORIZATION, HeaderMap};

use super::Rejection;

/// The most bytes a token may have. Better Auth's are 600 to 900; the limit keeps anyone from making us parse more.
pub(super) const MAX_TOKEN_BYTES: usize = 8 * 1024;

/// The token of the one `Authorization: Bearer …` header.
pub(super) fn bearer_token(headers: &HeaderMap) -> Result<&str, Rejection> {
    let mut values = headers.get_all(AUTHORIZATION);
    let value = values.next().ok_or(Rejection::NoToken)?;
    if values.next().is_some() {
        return Err(Rejection::SeveralHeaders);
    }
    let (scheme, token) =
        value.to_str().ok().and_then(|value| value.split_once(' ')).ok_or(Rejection::NotABearerHeader)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(Rejection::NotABearerHeader);
    }
    if token.is_empty() || !token.bytes().all(is_token_byte) {
        return Err(Rejection::NotABearerHeader);
    }
    if token.len() > MAX_TOKEN_BYTES {
        return Err(Rejection::TooLong);
    }
    Ok(token)
}

/// RFC 6750, section 2.1.
fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte)
}
