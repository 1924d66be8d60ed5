//! Finds the token in a request and determines its kind by its shape.

use std::borrow::Cow;

use actix_web::http::header::{AUTHORIZATION, COOKIE, HeaderMap};
use percent_encoding::percent_decode_str;

use super::rejection::Rejection;

/// The maximum size of a token in bytes. Better Auth's have 600 to 900. The limit bounds the work for hostile tokens.
pub(crate) const MAX_TOKEN_BYTES: usize = 8 * 1024;

/// The token of a request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Credential<'a> {
    /// Three parts joined by dots.
    Jwt(&'a str),
    /// The key of a row in Better Auth's session table.
    Session(SessionToken<'a>),
}

/// An opaque session token, optionally signed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct SessionToken<'a> {
    /// The token itself.
    pub(crate) token: Cow<'a, str>,
    /// HMAC-SHA256 of the token under Better Auth's secret, in standard Base64.
    pub(crate) signature: Option<Cow<'a, str>>,
    /// Whether it was in a cookie, which a browser may send without the app's doing.
    pub(crate) in_cookie: bool,
}

impl<'a> Credential<'a> {
    /// The token in the `Authorization` header or else, if there is a name for it, in the session cookie.
    pub(crate) fn of(headers: &'a HeaderMap, session_cookie: Option<&str>) -> Result<Self, Rejection> {
        if let Some(token) = bearer_token(headers)? {
            return Self::parse(token);
        }
        let value = session_cookie.map(|name| cookie(headers, name)).transpose()?.flatten();
        value.map(|value| Self::Session(SessionToken::parse(value, true))).ok_or(Rejection::NoToken)
    }

    /// Whether the token was in a cookie.
    pub(super) fn is_in_cookie(&self) -> bool {
        matches!(self, Self::Session(SessionToken { in_cookie: true, .. }))
    }

    /// Tells a JSON Web Token from a session token by the number of dots.
    pub(super) fn parse(token: &'a str) -> Result<Self, Rejection> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(Rejection::TooLong);
        }
        match token.bytes().filter(|byte| *byte == b'.').count() {
            0 | 1 => Ok(Self::Session(SessionToken::parse(token, false))),
            2 => Ok(Self::Jwt(token)),
            _ => Err(Rejection::NotAToken),
        }
    }
}

impl<'a> SessionToken<'a> {
    fn parse(text: &'a str, in_cookie: bool) -> Self {
        let text = percent_decode_str(text).decode_utf8_lossy();
        let (token, signature) = match text {
            Cow::Borrowed(text) => match text.rsplit_once('.') {
                Some((token, signature)) => (Cow::Borrowed(token), Some(Cow::Borrowed(signature))),
                None => (Cow::Borrowed(text), None),
            },
            Cow::Owned(text) => match text.rsplit_once('.') {
                Some((token, signature)) => (Cow::Owned(token.to_owned()), Some(Cow::Owned(signature.to_owned()))),
                None => (Cow::Owned(text), None),
            },
        };
        Self { token, signature, in_cookie }
    }
}

/// The token of the single `Authorization: Bearer …` header, if there is one.
fn bearer_token(headers: &HeaderMap) -> Result<Option<&str>, Rejection> {
    let mut values = headers.get_all(AUTHORIZATION);
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(Rejection::SeveralHeaders);
    }
    let (scheme, token) = value.as_bytes().split_at_checked("bearer ".len()).ok_or(Rejection::NotABearerHeader)?;
    let token = token.trim_ascii();
    if !scheme.eq_ignore_ascii_case(b"bearer ") || token.is_empty() || !is_token(token) {
        return Err(Rejection::NotABearerHeader);
    }
    str::from_utf8(token).map(Some).map_err(|_not_ascii| Rejection::NotABearerHeader)
}

/// Looks at every byte, without an early exit, so that the compiler can vectorise the loop.
fn is_token(bytes: &[u8]) -> bool {
    bytes.iter().fold(true, |token, byte| token & is_token_byte(*byte))
}

/// The characters of RFC 6750, section 2.1, and the per cent sign, since some clients percent-encode signed session tokens.
fn is_token_byte(byte: u8) -> bool {
    matches!(byte, b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'+' | b'/' | b'=' | b'%')
}

/// The value of a cookie. Names are compared exactly, and blanks around names and values do not count, as in Better Auth.
///
/// Better Auth takes the first of several cookies with one name. Which one that is depends on the path of the request, because
/// a cookie for a longer path comes first and any subdomain can set one. So two values are rejected: otherwise a request to
/// this service could have another user than a request to the app.
fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>, Rejection> {
    let pairs = headers.get_all(COOKIE).flat_map(|value| value.as_bytes().split(|byte| *byte == b';'));
    let mut values = pairs.filter_map(|pair| {
        let equals = pair.iter().position(|byte| *byte == b'=')?;
        let (found, value) = (&pair[..equals], &pair[equals + 1..]);
        (found.trim_ascii() == name.as_bytes()).then_some(value.trim_ascii())
    });
    let Some(value) = values.next() else { return Ok(None) };
    if values.any(|other| other != value) {
        return Err(Rejection::SeveralCookies);
    }
    if value.len() > MAX_TOKEN_BYTES {
        return Err(Rejection::TooLong);
    }
    str::from_utf8(value).map(Some).map_err(|_not_a_token| Rejection::BadSessionSignature)
}
