//! `Idempotency-Key`: a client's name for one create, so that it can be repeated.

use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    http::header::{HeaderName, HeaderValue},
};
use domain::IdempotencyKey;

use crate::{ErrorCode, error::ApiError};

/// Names one create.
pub(crate) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Says that a response is that of an earlier request.
pub(crate) const IDEMPOTENCY_REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// The key in the headers, if there is one: as it is, or as a string of RFC 9651, in double quotes.
pub(crate) struct KeyInHeaders(pub(crate) Option<IdempotencyKey>);

impl FromRequest for KeyInHeaders {
    type Error = ApiError;
    type Future = std::future::Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let mut values = request.headers().get_all(IDEMPOTENCY_KEY);
        std::future::ready(match (values.next(), values.next()) {
            (None, _) => Ok(Self(None)),
            (Some(value), None) => key(value).map(Some).map(Self).ok_or_else(refused),
            (Some(_), Some(_)) => Err(refused()),
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

/// What stands between the quotes; nothing if that is no string.
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

fn refused() -> ApiError {
    ApiError::new(ErrorCode::ValidationError).with_message(format!(
        "Idempotency-Key must be one key of 1 to {} printable ASCII characters, as it is or in double quotes",
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
    fn a_key_stands_as_it_is_or_in_quotes() {
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
