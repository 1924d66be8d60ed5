//! The error codes, one row each.

use actix_web::http::StatusCode;

use super::headers::{ALLOW, ETAG, RATE_LIMIT, RATE_LIMIT_POLICY, RETRY_AFTER, ResponseHeader, WWW_AUTHENTICATE};
use crate::style::Style;

/// The properties of a code.
struct Row {
    name: &'static str,
    status: Status,
    /// Further headers of its responses, besides those of every response.
    headers: &'static [ResponseHeader],
    message: &'static str,
}

/// A status, which may depend on the style of the route.
struct Status {
    token: StatusCode,
    path: StatusCode,
}

const fn always(status: StatusCode) -> Status {
    Status { token: status, path: status }
}

/// Defines [`ErrorCode`] from its rows: variant, name in the envelope, status, headers, default message.
macro_rules! error_codes {
    ($($(#[doc = $doc:literal])+ $code:ident($name:literal, $status:expr, [$($header:expr),*], $message:literal);)+) => {
        /// The codes of errors. The order is that of the OpenAPI document.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum ErrorCode {
            $($(#[doc = $doc])+ $code,)+
        }

        impl ErrorCode {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$code),+];

            fn row(self) -> &'static Row {
                match self {
                    $(Self::$code => const {
                        &Row { name: $name, status: $status, headers: &[$($header),*], message: $message }
                    },)+
                }
            }
        }
    };
}

error_codes! {
    /// The body is not a JSON object.
    InvalidJson("INVALID_JSON", always(StatusCode::BAD_REQUEST), [], "the body must be a JSON object");
    /// The input breaks a rule. `details` lists every field at fault.
    ValidationError(
        "VALIDATION_ERROR",
        // Existing clients of the two styles expect different statuses.
        Status { token: StatusCode::UNPROCESSABLE_ENTITY, path: StatusCode::BAD_REQUEST },
        [],
        "the input is not valid"
    );
    /// The token is missing or not valid.
    Unauthorized(
        "UNAUTHORIZED", always(StatusCode::UNAUTHORIZED), [WWW_AUTHENTICATE], "a valid bearer token is required"
    );
    /// The token has expired.
    TokenExpired("TOKEN_EXPIRED", always(StatusCode::UNAUTHORIZED), [WWW_AUTHENTICATE], "the token has expired");
    /// The token is valid, but its user does not exist. A new token of the same user does not help.
    UnknownUser(
        "UNKNOWN_USER",
        always(StatusCode::UNAUTHORIZED),
        [WWW_AUTHENTICATE],
        "the token is valid, but its user does not exist: sign up first"
    );
    /// The path names another user than the token, or a session cookie or a preflight request was sent by a page of an origin that
    /// is not allowed.
    Forbidden("FORBIDDEN", always(StatusCode::FORBIDDEN), [], "not allowed for this user or from this page");
    /// The user has no such resource, or there is no such route.
    NotFound("NOT_FOUND", always(StatusCode::NOT_FOUND), [], "not found");
    /// The route does not support the method.
    MethodNotAllowed(
        "METHOD_NOT_ALLOWED", always(StatusCode::METHOD_NOT_ALLOWED), [ALLOW], "this route does not support the method"
    );
    /// The body did not arrive in time.
    RequestTimeout("REQUEST_TIMEOUT", always(StatusCode::REQUEST_TIMEOUT), [], "the body did not arrive in time");
    /// `If-Match` does not name the present version, or `If-None-Match` does. `current` is the resource as it is now.
    VersionConflict(
        "VERSION_CONFLICT",
        always(StatusCode::PRECONDITION_FAILED),
        [ETAG],
        "the precondition does not hold: someone else may have changed this in the meantime"
    );
    /// A create with the same key is in flight.
    IdempotencyKeyInUse(
        "IDEMPOTENCY_KEY_IN_USE",
        always(StatusCode::CONFLICT),
        [RETRY_AFTER],
        "a request with this Idempotency-Key is in flight: retry in a moment"
    );
    /// The user has reached the quota.
    QuotaExceeded(
        "QUOTA_EXCEEDED", always(StatusCode::CONFLICT), [], "you have reached your quota: delete something first"
    );
    /// The key was used for a different create.
    IdempotencyKeyReused(
        "IDEMPOTENCY_KEY_REUSED",
        always(StatusCode::UNPROCESSABLE_ENTITY),
        [],
        "this Idempotency-Key was used for a different request: use a new one"
    );
    /// The body is too large.
    PayloadTooLarge("PAYLOAD_TOO_LARGE", always(StatusCode::PAYLOAD_TOO_LARGE), [], "the body is too large");
    /// The body is not declared as JSON.
    UnsupportedMediaType(
        "UNSUPPORTED_MEDIA_TYPE",
        always(StatusCode::UNSUPPORTED_MEDIA_TYPE),
        [],
        "send the body as Content-Type: application/json"
    );
    /// Too many requests: of this user, per second or in flight, or without a valid token from this address.
    RateLimited(
        "RATE_LIMITED",
        always(StatusCode::TOO_MANY_REQUESTS),
        [RETRY_AFTER, RATE_LIMIT_POLICY, RATE_LIMIT],
        "too many requests: retry in a second"
    );
    /// A defect of the service.
    InternalError("INTERNAL_ERROR", always(StatusCode::INTERNAL_SERVER_ERROR), [], "internal error");
    /// The service cannot answer now. A retry may succeed.
    Unavailable(
        "UNAVAILABLE", always(StatusCode::SERVICE_UNAVAILABLE), [RETRY_AFTER], "the service is temporarily unavailable"
    );
}

impl ErrorCode {
    /// The code in the envelope.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.row().name
    }

    /// The status of responses with this code.
    pub(crate) fn status(self, style: Style) -> StatusCode {
        let Status { token, path } = self.row().status;
        match style {
            Style::Token => token,
            Style::Path => path,
        }
    }

    /// The default message.
    pub(crate) fn message(self) -> &'static str {
        self.row().message
    }

    /// The headers of responses with this code, besides those of every response.
    pub(crate) fn headers(self) -> &'static [ResponseHeader] {
        self.row().headers
    }
}
