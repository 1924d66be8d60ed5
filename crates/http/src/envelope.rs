//! The one place where errors become responses.

use std::{panic::AssertUnwindSafe, time::Duration};

use actix_cors::CorsError;
use actix_web::{
    Error, HttpResponse,
    body::{BoxBody, EitherBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::StatusCode,
    middleware::Next,
};
use futures_util::FutureExt;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::{
    ErrorCode, Style,
    error::{ApiError, Detail},
    request_id::RequestId,
    response_headers, task_body,
};

#[derive(Serialize)]
struct Envelope<'a> {
    error: Body<'a>,
}

#[derive(Serialize)]
struct Body<'a> {
    code: &'static str,
    message: &'a str,
    #[serde(skip_serializing_if = "<[Detail]>::is_empty")]
    details: &'a [Detail],
    #[serde(skip_serializing_if = "Option::is_none")]
    current: Option<Box<RawValue>>,
    request_id: String,
}

/// Writes an error out.
pub(crate) fn render(error: &ApiError, id: Option<&RequestId>, style: Style) -> HttpResponse<BoxBody> {
    let mut response = HttpResponse::build(error.code.status(style));
    // For the metrics.
    response.extensions_mut().insert(error.code);
    for (name, value) in &error.headers {
        response.insert_header((name.clone(), value.clone()));
    }
    let mut response = response.json(Envelope {
        error: Body {
            code: error.code.as_str(),
            message: &error.message,
            details: &error.details,
            current: error.current.as_deref().and_then(|task| RawValue::from_string(task_body::json(task)).ok()),
            request_id: id.map(RequestId::to_string).unwrap_or_default(),
        },
    });
    response_headers::add(response.headers_mut(), id);
    response
}

/// Turns whatever went wrong further in, panics and what takes too long included, into the envelope, and tells the log
/// why.
pub(crate) async fn middleware<B: MessageBody>(
    timeout: Duration,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let id = RequestId::of(&request);
    match tokio::time::timeout(timeout, AssertUnwindSafe(next.call(request)).catch_unwind()).await {
        Ok(Ok(Ok(response))) => {
            let Some(error) = response.response().error() else {
                return Ok(response.map_into_left_body());
            };
            let style = Style::of(response.request());
            let rendered = match error.as_error::<ApiError>() {
                Some(error) => {
                    log_cause(error);
                    render(error, Some(&id), style)
                }
                None => render(&foreign(error), Some(&id), style),
            };
            // Headers that others added to the response, such as those of CORS, stay.
            let added = response.headers().clone();
            let mut response = response.into_response(rendered).map_into_right_body();
            for (name, value) in added {
                if !response.headers().contains_key(&name) {
                    response.headers_mut().append(name, value);
                }
            }
            Ok(response)
        }
        Ok(Ok(Err(error))) => Err(without_response(foreign(&error), id)),
        Err(_elapsed) => Err(without_response(ApiError::unavailable("the request took too long"), id)),
        Ok(Err(_panic)) => Err(without_response(ApiError::internal("a handler panicked"), id)),
    }
}

/// An error that cannot become a response here, since the request is gone; the server makes one of it.
fn without_response(error: ApiError, id: RequestId) -> Error {
    log_cause(&error);
    ApiError { request_id: Some(id), ..error }.into()
}

/// The envelope's view of an error that the framework or a middleware made.
fn foreign(error: &Error) -> ApiError {
    if let Some(CorsError::OriginNotAllowed | CorsError::MethodNotAllowed | CorsError::HeadersNotAllowed) =
        error.as_error::<CorsError>()
    {
        return ApiError::new(ErrorCode::Forbidden).with_message("CORS: this origin, method or header is not allowed");
    }
    if error.as_error::<CorsError>().is_some() {
        return ApiError::new(ErrorCode::Forbidden).with_message("CORS: not a valid preflight request");
    }
    match error.as_response_error().status_code() {
        StatusCode::NOT_FOUND => ApiError::not_found(),
        _ => ApiError::internal(error.to_string()),
    }
}

fn log_cause(error: &ApiError) {
    if let Some(cause) = &error.cause {
        tracing::error!(code = error.code.as_str(), cause = chain(&**cause), "request failed");
    }
}

/// An error and what caused it, on one line. Only `Display`: the `Debug` form of a database error holds row contents.
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
