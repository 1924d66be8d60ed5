//! JSON objects in bodies.

use std::{future::Future, pin::Pin, time::Duration};

use actix_web::{FromRequest, HttpMessage, HttpRequest, dev::Payload, http::header, web};
use serde_json::Value;
use validator::ValidationErrors;

use super::fields::Fields;
use crate::output::{code::ErrorCode, error::ApiError};

/// The maximum size of a body in bytes.
pub(crate) const MAX_BODY_BYTES: usize = 64 * 1024;

/// How long a body may take to arrive.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BodyTimeout(pub(crate) Duration);

/// A type that is parsed from the members of a JSON object.
pub(crate) trait FromFields: Sized {
    /// Parses all members.
    ///
    /// # Errors
    ///
    /// Every fault, with its field.
    fn from_fields(fields: Fields<Value>) -> Result<Self, ValidationErrors>;
}

/// A required body.
pub(crate) struct Body<T>(pub(crate) T);

impl<T: FromFields> FromRequest for Body<T> {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let fields = fields(request, payload);
        Box::pin(async {
            let fields = fields.await?.ok_or_else(|| ApiError::new(ErrorCode::InvalidJson))?;
            Ok(Self(T::from_fields(fields)?))
        })
    }
}

/// An optional body. An absent one means the same as `{}`.
pub(crate) struct OptionalBody<T>(pub(crate) T);

impl<T: FromFields> FromRequest for OptionalBody<T> {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let fields = fields(request, payload);
        Box::pin(async { Ok(Self(T::from_fields(fields.await?.unwrap_or_default())?)) })
    }
}

/// The members of the body; `None` if there is no body.
fn fields(
    request: &HttpRequest,
    payload: &mut Payload,
) -> impl Future<Output = Result<Option<Fields<Value>>, ApiError>> + use<> {
    let declared_as_json = check_declaration(request);
    let length = declared_length(request);
    let payload = web::Payload::from_request(request, payload);
    let timeout = request.app_data::<BodyTimeout>().copied();
    async move {
        match length {
            Some(0) => return Ok(None),
            Some(bytes) if bytes > MAX_BODY_BYTES => return Err(too_large()),
            _ => {}
        }
        let timeout = timeout.ok_or_else(|| ApiError::internal("the application was built without a body timeout"))?;
        let payload = payload.await.map_err(|error| ApiError::internal(error.to_string()))?;
        let bytes = match tokio::time::timeout(timeout.0, payload.to_bytes_limited(MAX_BODY_BYTES)).await {
            Err(_elapsed) => return Err(ApiError::new(ErrorCode::RequestTimeout)),
            Ok(Err(_limit_exceeded)) => return Err(too_large()),
            Ok(Ok(Err(_incomplete))) => {
                return Err(ApiError::new(ErrorCode::InvalidJson).with_message("the body is incomplete"));
            }
            Ok(Ok(Ok(bytes))) => bytes,
        };
        if bytes.is_empty() {
            Ok(None)
        } else {
            declared_as_json?;
            parse(&bytes).map(Some)
        }
    }
}

/// The length of the body that the headers declare. A request for another protocol without one has no body; the framework would
/// wait for its end.
fn declared_length(request: &HttpRequest) -> Option<usize> {
    let length = request.headers().get(header::CONTENT_LENGTH).map(|value| value.to_str().ok()?.parse().ok());
    let is_chunked = request.headers().contains_key(header::TRANSFER_ENCODING);
    length.unwrap_or((request.head().upgrade() && !is_chunked).then_some(0))
}

/// Checks that the headers declare JSON without an encoding.
fn check_declaration(request: &HttpRequest) -> Result<(), ApiError> {
    let unsupported = ApiError::new(ErrorCode::UnsupportedMediaType);
    let encoding = request.headers().get(header::CONTENT_ENCODING);
    if encoding.is_some_and(|encoding| encoding != "identity") {
        return Err(unsupported.with_message("send the body without a Content-Encoding"));
    }
    let is_json = match request.mime_type() {
        Ok(Some(mime)) => {
            mime.essence_str() == "application/json" || mime.suffix().is_some_and(|suffix| suffix == "json")
        }
        _ => false,
    };
    if is_json { Ok(()) } else { Err(unsupported) }
}

fn too_large() -> ApiError {
    let limit = MAX_BODY_BYTES / 1024;
    ApiError::new(ErrorCode::PayloadTooLarge).with_message(format!("the body must be at most {limit} KiB"))
}

/// Reads a body.
///
/// # Errors
///
/// `INVALID_JSON`.
pub(crate) fn parse(bytes: &[u8]) -> Result<Fields<Value>, ApiError> {
    // For other types serde_json's message names the found type. The expected type helps clients more.
    if !bytes.trim_ascii_start().starts_with(b"{") {
        return Err(ApiError::new(ErrorCode::InvalidJson));
    }
    serde_json::from_slice(bytes).map_err(|error| {
        ApiError::new(ErrorCode::InvalidJson).with_message(format!("the body is not valid JSON: {error}"))
    })
}
