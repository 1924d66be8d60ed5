//! Turns errors into responses. No other module does.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use actix_web::{
    Error,
    body::{EitherBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::StatusCode,
    middleware::Next,
};
use futures_util::FutureExt;

use super::lines;
use crate::{
    limits::state::Limits,
    output::error::{ApiError, chain},
    request_id::RequestId,
    style::Style,
};

/// Turns every error, panic and request that takes longer than `timeout` into an error response, and logs the cause.
pub(crate) async fn middleware<B: MessageBody>(
    timeout: Duration,
    limits: Arc<Limits>,
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
                    if error.cause.is_some() && lines::are_due(&limits, response.request()) {
                        log_cause(error);
                    }
                    error.to_response(Some(&id), style)
                }
                None => foreign(error).to_response(Some(&id), style),
            };
            // Keep the headers that other middleware, such as the user's limit, has added to the response.
            let added = response.headers().clone();
            let mut response = response.into_response(rendered).map_into_right_body();
            for (name, value) in added {
                if !response.headers().contains_key(&name) {
                    response.headers_mut().append(name, value);
                }
            }
            Ok(response)
        }
        Ok(Ok(Err(error))) => Err(without_request(foreign(&error), id)),
        Err(_elapsed) => Err(without_request(ApiError::unavailable("the request took too long"), id)),
        Ok(Err(_panic)) => Err(without_request(ApiError::internal("a handler panicked"), id)),
    }
}

/// An error without its request, from which the server has to make the response.
fn without_request(error: ApiError, id: RequestId) -> Error {
    log_cause(&error);
    error.with_request_id(id).into()
}

/// Converts an error of the framework or of other middleware.
fn foreign(error: &Error) -> ApiError {
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
