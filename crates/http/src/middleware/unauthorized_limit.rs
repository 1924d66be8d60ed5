//! Limits the 401 responses of an address.

use std::sync::Arc;

use actix_web::{
    Error, HttpMessage,
    body::{BoxBody, EitherBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::StatusCode,
    middleware::Next,
};

use super::authentication::Rejected;
use crate::{
    auth::authenticator::Authenticator,
    limits::state::Limits,
    output::{code::ErrorCode, error::ApiError},
};

/// Answers 429 if the address has received too many 401 responses. Then no token of the address is verified, which costs more
/// than the response; tokens that are known to be valid still work, since other users may have the same address.
pub(crate) async fn middleware<B: MessageBody>(
    limits: Arc<Limits>,
    authenticator: Arc<Authenticator>,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, Error> {
    let client = limits.client_of(request.head());
    if limits.is_unauthorized_too_often(client) && !authenticator.knows(request.head()) {
        limits.count_unauthorized();
        return Ok(request.error_response(too_often()).map_into_boxed_body().map_into_right_body());
    }
    let response = next.call(request).await?;
    let is_unauthorized =
        response.status() == StatusCode::UNAUTHORIZED && response.request().extensions().contains::<Rejected>();
    if !is_unauthorized || limits.may_be_unauthorized(client) {
        return Ok(response.map_into_left_body());
    }
    Ok(response.error_response(too_often()).map_into_boxed_body().map_into_right_body())
}

fn too_often() -> ApiError {
    ApiError::new(ErrorCode::RateLimited)
        .with_message("too many requests without a valid token from this address: retry in a second")
}
