//! The headers of responses, with their descriptions for the OpenAPI document.

use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};

use crate::request_id::{RequestId, X_REQUEST_ID};

/// A header of a response.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ResponseHeader {
    /// Its name.
    pub(crate) name: &'static str,
    /// Its description.
    pub(crate) description: &'static str,
    /// The value it has, unless the response sets another.
    pub(crate) default: Option<&'static str>,
}

const fn header(name: &'static str, description: &'static str) -> ResponseHeader {
    ResponseHeader { name, description, default: None }
}

pub(crate) const REQUEST_ID: ResponseHeader = header("X-Request-Id", "The id of the request, as in the log.");

pub(crate) const ETAG: ResponseHeader =
    header("ETag", "The tag of what the response shows, for `If-Match` and `If-None-Match`.");

pub(crate) const LOCATION: ResponseHeader =
    header("Location", "The path of what was created, in the style of the request.");

pub(crate) const IDEMPOTENCY_REPLAYED: ResponseHeader =
    header("Idempotency-Replayed", "`true` if this is the response to an earlier request.");

pub(crate) const ALLOW: ResponseHeader = header("Allow", "The methods that the route supports.");

pub(crate) const WWW_AUTHENTICATE: ResponseHeader = ResponseHeader {
    default: Some("Bearer error=\"invalid_token\""),
    ..header("WWW-Authenticate", "`Bearer`, and the error if a token was sent.")
};

/// Limits are per second, and the lowest is one per second, so a request is always possible after a second.
pub(crate) const RETRY_AFTER: ResponseHeader =
    ResponseHeader { default: Some("1"), ..header("Retry-After", "The seconds to wait before a retry.") };

/// See draft-ietf-httpapi-ratelimit-headers.
pub(crate) const RATE_LIMIT_POLICY: ResponseHeader =
    header("RateLimit-Policy", "The user's limit of requests per second, if there is one: `\"user\";q=100;w=1`.");

/// See [`RATE_LIMIT_POLICY`].
pub(crate) const RATE_LIMIT: ResponseHeader =
    header("RateLimit", "How many requests of that limit are left: `\"user\";r=73;t=1`.");

/// The name of [`RATE_LIMIT_POLICY`], parsed.
pub(crate) const RATE_LIMIT_POLICY_NAME: HeaderName = HeaderName::from_static("ratelimit-policy");

/// The name of [`RATE_LIMIT`], parsed.
pub(crate) const RATE_LIMIT_NAME: HeaderName = HeaderName::from_static("ratelimit");

/// Headers that stop a browser from misinterpreting a response, storing it or embedding it.
const PROTECTION: [(HeaderName, &str); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::CACHE_CONTROL, "no-store"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    (header::X_FRAME_OPTIONS, "DENY"),
];

/// Adds the headers of every response: the protecting headers, unless the response sets its own, and the id of the request.
pub(crate) fn add_common(headers: &mut HeaderMap, id: Option<&RequestId>) {
    for (name, value) in PROTECTION {
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
    if let Some(id) = id {
        headers.insert(X_REQUEST_ID, id.as_header());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parsed_name_is_the_documented_name() {
        for (parsed, header) in [(RATE_LIMIT_POLICY_NAME, RATE_LIMIT_POLICY), (RATE_LIMIT_NAME, RATE_LIMIT)] {
            assert!(parsed.as_str().eq_ignore_ascii_case(header.name), "{parsed}");
        }
    }
}
