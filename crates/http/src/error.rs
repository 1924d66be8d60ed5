//! What a client is told when something is wrong.

use std::{borrow::Cow, fmt};

use actix_web::{
    HttpResponse, ResponseError,
    body::BoxBody,
    http::{
        Method, StatusCode,
        header::{self, HeaderName, HeaderValue},
    },
};
use domain::{BoxError, RepositoryError, Task};
use validator::{ValidationErrors, ValidationErrorsKind};

use crate::{Style, envelope, etag, request_id::RequestId};

/// The kinds of errors on the wire, each with its status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorCode {
    /// The body is not a JSON object.
    InvalidJson,
    /// The body or the query breaks a rule; `details` lists every field at fault.
    ValidationError,
    /// There is no token, or a bad one.
    Unauthorized,
    /// The token was good once.
    TokenExpired,
    /// The path names another user than the token.
    Forbidden,
    /// There is no such task of the caller's, or no such route.
    NotFound,
    /// The route knows other methods only.
    MethodNotAllowed,
    /// The task is not as `If-Match` says; `current` shows how it is.
    VersionConflict,
    /// A create under the same key is running.
    IdempotencyKeyInUse,
    /// The key belongs to another create.
    IdempotencyKeyReused,
    /// The user has as many tasks as one may have.
    QuotaExceeded,
    /// The body did not arrive in time.
    RequestTimeout,
    /// The body is too large.
    PayloadTooLarge,
    /// The body is not declared as JSON.
    UnsupportedMediaType,
    /// Too many requests, of this user or without a valid token from this address.
    RateLimited,
    /// A defect of the service.
    InternalError,
    /// The service cannot answer now, but may in a moment.
    Unavailable,
}

impl ErrorCode {
    /// The code as it stands in the envelope.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidJson => "INVALID_JSON",
            Self::ValidationError => "VALIDATION_ERROR",
            Self::Unauthorized => "UNAUTHORIZED",
            Self::TokenExpired => "TOKEN_EXPIRED",
            Self::Forbidden => "FORBIDDEN",
            Self::NotFound => "NOT_FOUND",
            Self::MethodNotAllowed => "METHOD_NOT_ALLOWED",
            Self::VersionConflict => "VERSION_CONFLICT",
            Self::IdempotencyKeyInUse => "IDEMPOTENCY_KEY_IN_USE",
            Self::IdempotencyKeyReused => "IDEMPOTENCY_KEY_REUSED",
            Self::QuotaExceeded => "QUOTA_EXCEEDED",
            Self::RequestTimeout => "REQUEST_TIMEOUT",
            Self::PayloadTooLarge => "PAYLOAD_TOO_LARGE",
            Self::UnsupportedMediaType => "UNSUPPORTED_MEDIA_TYPE",
            Self::RateLimited => "RATE_LIMITED",
            Self::InternalError => "INTERNAL_ERROR",
            Self::Unavailable => "UNAVAILABLE",
        }
    }

    /// The status that goes with the code.
    #[must_use]
    pub fn status(self, style: Style) -> StatusCode {
        match self {
            Self::InvalidJson => StatusCode::BAD_REQUEST,
            Self::ValidationError => style.validation_status(),
            Self::Unauthorized | Self::TokenExpired => StatusCode::UNAUTHORIZED,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::VersionConflict => StatusCode::PRECONDITION_FAILED,
            Self::IdempotencyKeyInUse | Self::QuotaExceeded => StatusCode::CONFLICT,
            Self::IdempotencyKeyReused => StatusCode::UNPROCESSABLE_ENTITY,
            Self::RequestTimeout => StatusCode::REQUEST_TIMEOUT,
            Self::PayloadTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::RateLimited => StatusCode::TOO_MANY_REQUESTS,
            Self::InternalError => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// The message, unless an error brings one of its own.
    #[must_use]
    pub fn message(self) -> &'static str {
        match self {
            Self::InvalidJson => "the body must be a JSON object",
            Self::ValidationError => "the input breaks a rule",
            Self::Unauthorized => "a valid bearer token is required",
            Self::TokenExpired => "the token has expired",
            Self::Forbidden => "the path names another user than the token",
            Self::NotFound => "not found",
            Self::MethodNotAllowed => "this method is not allowed here",
            Self::VersionConflict => "the task was changed in the meantime: it is not as If-Match says",
            Self::IdempotencyKeyInUse => {
                "a request with this Idempotency-Key is running: wait for it, or ask again in a moment"
            }
            Self::IdempotencyKeyReused => "this Idempotency-Key was used for another task: take a new one",
            Self::QuotaExceeded => "you have as many tasks as one user may have: delete some first",
            Self::RequestTimeout => "the body did not arrive in time",
            Self::PayloadTooLarge => "the body is too large",
            Self::UnsupportedMediaType => "send the body as Content-Type: application/json",
            Self::RateLimited => "too many requests in a second",
            Self::InternalError => "internal error",
            Self::Unavailable => "the service is not available at the moment",
        }
    }
}

/// How many faults are listed at most: enough for every field there is, and not a way to make small requests large.
const MAX_DETAILS: usize = 20;

/// One field at fault.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub(crate) struct Detail {
    pub(crate) field: String,
    pub(crate) message: String,
}

/// An error on its way to the client. [`envelope`] writes it out, with the request's id and the status of its style.
#[derive(Debug)]
pub(crate) struct ApiError {
    pub(crate) code: ErrorCode,
    pub(crate) message: Cow<'static, str>,
    pub(crate) details: Vec<Detail>,
    /// The task as it is, where the client holds another state of it.
    pub(crate) current: Option<Box<Task>>,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    /// What the log is told and the client is not.
    pub(crate) cause: Option<BoxError>,
    /// Set where no response can carry it: see [`ResponseError::error_response`] below.
    pub(crate) request_id: Option<RequestId>,
}

impl ApiError {
    pub(crate) fn new(code: ErrorCode) -> Self {
        Self {
            code,
            message: code.message().into(),
            details: Vec::new(),
            current: None,
            headers: Vec::new(),
            cause: None,
            request_id: None,
        }
    }

    pub(crate) fn with_message(self, message: impl Into<Cow<'static, str>>) -> Self {
        Self { message: message.into(), ..self }
    }

    pub(crate) fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    pub(crate) fn not_found() -> Self {
        Self::new(ErrorCode::NotFound)
    }

    pub(crate) fn version_conflict(current: Task) -> Self {
        let error = Self::new(ErrorCode::VersionConflict).with_header(header::ETAG, etag::of_task(&current));
        Self { current: Some(Box::new(current)), ..error }
    }

    pub(crate) fn key_in_use() -> Self {
        Self::new(ErrorCode::IdempotencyKeyInUse).with_header(header::RETRY_AFTER, HeaderValue::from_static("1"))
    }

    pub(crate) fn method_not_allowed(allowed: &[Method]) -> Self {
        let allowed = allowed.iter().map(Method::as_str).collect::<Vec<_>>().join(", ");
        let error = Self::new(ErrorCode::MethodNotAllowed);
        match HeaderValue::try_from(allowed) {
            Ok(value) => error.with_header(header::ALLOW, value),
            Err(_not_a_header_value) => error,
        }
    }

    pub(crate) fn rate_limited() -> Self {
        // Limits are per second, and one a second is the least: a second is always enough, and nothing shorter can be said.
        Self::new(ErrorCode::RateLimited).with_header(header::RETRY_AFTER, HeaderValue::from_static("1"))
    }

    pub(crate) fn internal(cause: impl Into<BoxError>) -> Self {
        Self { cause: Some(cause.into()), ..Self::new(ErrorCode::InternalError) }
    }

    pub(crate) fn unavailable(cause: impl Into<BoxError>) -> Self {
        Self { cause: Some(cause.into()), ..Self::new(ErrorCode::Unavailable) }
            .with_header(header::RETRY_AFTER, HeaderValue::from_static("1"))
    }
}

impl From<RepositoryError> for ApiError {
    fn from(error: RepositoryError) -> Self {
        match error {
            RepositoryError::UnknownOwner => Self::new(ErrorCode::Unauthorized)
                .with_message("the token is good, but its user does not exist: sign up first, or sign in again")
                .with_header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer error=\"invalid_token\"")),
            RepositoryError::Unavailable(cause) => Self::unavailable(cause),
            RepositoryError::Failed(cause) => Self::internal(cause),
        }
    }
}

impl From<ValidationErrors> for ApiError {
    fn from(errors: ValidationErrors) -> Self {
        let mut details: Vec<Detail> = Vec::new();
        for (field, kind) in errors.into_errors() {
            let ValidationErrorsKind::Field(problems) = kind else { continue };
            details.extend(problems.into_iter().map(|problem| Detail {
                field: field.to_string(),
                message: problem.message.unwrap_or(problem.code).into_owned(),
            }));
        }
        // The map has no order of its own; a client gets the same answer every time.
        details.sort_by(|one, other| one.field.cmp(&other.field));
        details.truncate(MAX_DETAILS);
        let sentences: Vec<String> =
            details.iter().map(|detail| format!("{} {}", detail.field, detail.message)).collect();
        Self { details, ..Self::new(ErrorCode::ValidationError) }.with_message(sentences.join("; "))
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.as_str(), self.message)
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        self.code.status(Style::Token)
    }

    /// The whole response, for the one case where the envelope middleware cannot make it: a panic took the request with
    /// it.
    fn error_response(&self) -> HttpResponse<BoxBody> {
        envelope::render(self, self.request_id.as_ref(), Style::Token)
    }
}
