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
use crate::{
    output::{code::ErrorCode, error::ApiError},
    wire::Problem,
};

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
        let key = match (values.next(), values.next()) {
            (None, _) => Ok(None),
            (Some(value), None) => key(value).map(Some),
            (Some(_), Some(_)) => Err("is sent more than once".into()),
        };
        ready(key.map(Self).map_err(|problem| {
            ApiError::new(ErrorCode::ValidationError).with_message(format!("Idempotency-Key {problem}"))
        }))
    }
}

fn key(value: &HeaderValue) -> Result<IdempotencyKey, Problem> {
    // What is not UTF-8 becomes a character that no key may have.
    let text = String::from_utf8_lossy(value.as_bytes().trim_ascii());
    let text = match text.strip_prefix('"') {
        Some(rest) => rest.strip_suffix('"').and_then(unescaped).ok_or("must be plain or in double quotes")?,
        None => text.into_owned(),
    };
    IdempotencyKey::try_from(text.as_str()).map_err(|rule| Problem::rule(&rule))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: &str) -> Option<String> {
        key(&HeaderValue::from_str(value).unwrap()).ok().map(|key| key.as_str().to_owned())
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
