//! Errors and their envelope.

use std::{borrow::Cow, fmt};

use actix_web::{
    HttpResponse, ResponseError,
    body::BoxBody,
    http::{
        Method, StatusCode,
        header::{self, HeaderName, HeaderValue},
    },
};
use domain::{BoxError, RepositoryError};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, value::RawValue};
use validator::{ValidationErrors, ValidationErrorsKind};

use super::{code::ErrorCode, headers};
use crate::{request_id::RequestId, style::Style};

/// The maximum number of listed faults: enough for every field, and too few to turn a small request into a large response.
const MAX_DETAILS: usize = 20;

/// The body of every error response.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Error", deny_unknown_fields)]
pub(crate) struct Envelope<'a> {
    error: Body<'a>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(inline, deny_unknown_fields)]
struct Body<'a> {
    #[schemars(example = ErrorCode::NotFound.as_str())]
    code: &'static str,
    /// For people. It may change; `code` does not.
    message: &'a str,
    /// Every field at fault.
    #[serde(skip_serializing_if = "<[Detail]>::is_empty")]
    details: &'a [Detail],
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Value")]
    current: Option<&'a RawValue>,
    request_id: String,
}

/// One field at fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(inline, deny_unknown_fields)]
pub(crate) struct Detail {
    pub(crate) field: String,
    pub(crate) message: String,
}

/// An error that becomes a response.
#[derive(Debug)]
pub(crate) struct ApiError {
    pub(crate) code: ErrorCode,
    pub(crate) message: Cow<'static, str>,
    pub(crate) details: Box<[Detail]>,
    /// The resource as it is now, if the client has another version of it.
    current: Option<Box<RawValue>>,
    headers: Vec<(HeaderName, HeaderValue)>,
    /// For the log only.
    pub(crate) cause: Option<BoxError>,
    request_id: Option<RequestId>,
}

impl ApiError {
    pub(crate) fn new(code: ErrorCode) -> Self {
        Self {
            code,
            message: code.message().into(),
            details: Box::default(),
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

    pub(crate) fn with_details(self, details: Vec<Detail>) -> Self {
        Self { details: details.into(), ..self }
    }

    /// For an error without its request: see [`ResponseError::error_response`] below.
    pub(crate) fn with_request_id(self, id: RequestId) -> Self {
        Self { request_id: Some(id), ..self }
    }

    pub(crate) fn not_found() -> Self {
        Self::new(ErrorCode::NotFound)
    }

    /// The resource does not have the version that the client expects.
    pub(crate) fn version_conflict(current: &impl Serialize, etag: HeaderValue) -> Self {
        match serde_json::value::to_raw_value(current) {
            Ok(current) => {
                Self { current: Some(current), ..Self::new(ErrorCode::VersionConflict) }.with_header(header::ETAG, etag)
            }
            Err(error) => Self::internal(error),
        }
    }

    pub(crate) fn method_not_allowed(allowed: &[Method]) -> Self {
        let allowed = allowed.iter().map(Method::as_str).collect::<Vec<_>>().join(", ");
        let error = Self::new(ErrorCode::MethodNotAllowed);
        match HeaderValue::try_from(allowed) {
            Ok(value) => error.with_header(header::ALLOW, value),
            Err(_not_a_header_value) => error,
        }
    }

    pub(crate) fn internal(cause: impl Into<BoxError>) -> Self {
        Self { cause: Some(cause.into()), ..Self::new(ErrorCode::InternalError) }
    }

    pub(crate) fn unavailable(cause: impl Into<BoxError>) -> Self {
        Self { cause: Some(cause.into()), ..Self::new(ErrorCode::Unavailable) }
    }

    /// The response, with the id of the request and the status of its style.
    pub(crate) fn to_response(&self, id: Option<&RequestId>, style: Style) -> HttpResponse<BoxBody> {
        let mut response = HttpResponse::build(self.code.status(style));
        // For the metrics.
        response.extensions_mut().insert(self.code);
        for header in self.code.headers() {
            if let Some(value) = header.default {
                response.insert_header((header.name, value));
            }
        }
        for (name, value) in &self.headers {
            response.insert_header((name.clone(), value.clone()));
        }
        let error = Body {
            code: self.code.as_str(),
            message: &self.message,
            details: &self.details,
            current: self.current.as_deref(),
            request_id: id.map(RequestId::to_string).unwrap_or_default(),
        };
        let mut response = response.json(Envelope { error });
        headers::add_common(response.headers_mut(), id);
        response
    }
}

impl From<RepositoryError> for ApiError {
    fn from(error: RepositoryError) -> Self {
        match error {
            RepositoryError::UnknownOwner => Self::new(ErrorCode::UnknownUser),
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
        // The map has no defined order, but equal requests get equal responses.
        details.sort_by(|one, other| one.field.cmp(&other.field));
        details.truncate(MAX_DETAILS);
        let sentences: Vec<String> =
            details.iter().map(|detail| format!("{} {}", detail.field, detail.message)).collect();
        Self::new(ErrorCode::ValidationError).with_message(sentences.join("; ")).with_details(details)
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

    /// The response if the request was lost in a panic or a timeout. Otherwise the envelope middleware creates the response.
    fn error_response(&self) -> HttpResponse<BoxBody> {
        self.to_response(self.request_id.as_ref(), Style::Token)
    }
}

/// An error and its causes, on one line. Uses only `Display`, because `Debug` of a database error may show values of rows.
pub(crate) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}
