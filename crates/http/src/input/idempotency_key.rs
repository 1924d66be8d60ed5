//! `Idempotency-Key`: identifies a create, so that the request can be retried.

use std::future::{Ready, ready};

use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    http::header::{HeaderName, HeaderValue},
};
use domain::IdempotencyKey;
use serde_json::json;

use super::headers::RequestHeader;
use crate::output::{code::ErrorCode, error::ApiError};

pub(crate) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The description of the header.
pub(crate) const HEADER: RequestHeader = RequestHeader {
    name: "Idempotency-Key",
    description: "A name for this create, unique among the user's, so that the request can be retried: a UUID, for \
                  example. Plain or in double quotes.",
    schema: || {
        let max = IdempotencyKey::MAX_CHARS;
        let plain = format!("[!#-~][ -~]{{0,{}}}", max - 1);
        let quoted = format!(r#""([ !#-\[\]-~]|\\["\\]){{1,{max}}}""#);
        json!({ "type": "string", "pattern": format!("^({plain}|{quoted})$") })
    },
};

/// The key, if the request has one: plain, or a string of RFC 9651, in double quotes.
pub(crate) struct IdempotencyKeyHeader(pub(crate) Option<IdempotencyKey>);

impl FromRequest for IdempotencyKeyHeader {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let mut values = request.headers().get_all(IDEMPOTENCY_KEY);
        ready(match (values.next(), values.next()) {
            (None, _) => Ok(Self(None)),
            (Some(value), None) => key(value).map(Some).map(Self).ok_or_else(malformed),
            (Some(_), Some(_)) => Err(malformed()),
        })
    }
}

fn key(value: &HeaderValue) -> Option<IdempotencyKey> {
    let text = value.to_str().ok()?.trim();
    let text = match text.strip_prefix('"') {
        Some(rest) => unescaped(rest.strip_suffix('"')?)?,
        None => text.to_owned(),
    };
    IdempotencyKey::try_from(text.as_str()).ok()
}

/// The text between the quotes; `None` if it is not a string of RFC 9651.
fn unescaped(quoted: &str) -> Option<String> {
    let mut text = String::with_capacity(quoted.len());
    let mut characters = quoted.chars();
    while let Some(character) = characters.next() {
        text.push(match character {
            '\\' => characters.next().filter(|escaped| matches!(escaped, '"' | '\\'))?,
            '"' => return None,
            other => other,
        });
    }
    Some(text)
}

fn malformed() -> ApiError {
    ApiError::new(ErrorCode::ValidationError).with_message(format!(
        "Idempotency-Key must be one key of 1 to {} printable ASCII characters, plain or in double quotes",
        IdempotencyKey::MAX_CHARS
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: &str) -> Option<String> {
        key(&HeaderValue::from_str(value).unwrap()).map(|key| key.as_str().to_owned())
    }

    #[test]
    fn a_key_is_plain_or_quoted() {
        for (value, expected) in [
            ("abc", "abc"),
            ("\"abc\"", "abc"),
            ("  abc ", "abc"),
            ("a b,c;d=\"e\"", "a b,c;d=\"e\""),
            (r#""a \"b\" \\ c""#, r#"a "b" \ c"#),
            ("\" \"", " "),
        ] {
            assert_eq!(read(value).as_deref(), Some(expected), "{value}");
        }
        for value in ["", " ", "\"\"", "\"", "\"abc", "\"a\"b\"", r#""a\b""#, r#""a\""#, "\t"] {
            assert_eq!(read(value), None, "{value}");
        }
    }
}
