//! Limits the number of requests in flight.

use std::sync::Arc;

use actix_web::{
    Error,
    body::{BoxBody, EitherBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    middleware::Next,
};

use crate::{
    limits::state::Limits,
    output::{code::ErrorCode, error::ApiError},
};

/// Rejects a request at once if too many are in flight. It would only wait and delay the others.
pub(crate) async fn middleware<B: MessageBody>(
    limits: Arc<Limits>,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, Error> {
    // Released when this future is dropped, also if the client disconnects, the request times out or a handler panics.
    let Some(_permit) = limits.try_enter() else {
        tracing::warn!("rejected: MAX_IN_FLIGHT requests are in flight");
        let error =
            ApiError::new(ErrorCode::Unavailable).with_message("too many requests are in flight: retry in a moment");
        return Ok(request.error_response(error).map_into_boxed_body().map_into_right_body());
    };
    next.call(request).await.map(ServiceResponse::map_into_left_body)
}
