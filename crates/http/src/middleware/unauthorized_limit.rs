//! Limits the 401 responses of an address.

use std::{net::Ipv4Addr, sync::Arc};

use actix_web::{
    Error, HttpMessage,
    body::{BoxBody, EitherBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::StatusCode,
    middleware::Next,
};

use super::authentication::Rejected;
use crate::{
    limits::state::Limits,
    output::{code::ErrorCode, error::ApiError},
};

/// Replaces the 401 response of the authentication by 429 if the address has received too many. Requests with a valid token do
/// not count.
pub(crate) async fn middleware<B: MessageBody>(
    limits: Arc<Limits>,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, Error> {
    let response = next.call(request).await?;
    let is_unauthorized =
        response.status() == StatusCode::UNAUTHORIZED && response.request().extensions().contains::<Rejected>();
    // There is no address if the client disconnected before it was read.
    let peer = || response.request().peer_addr().map_or(Ipv4Addr::UNSPECIFIED.into(), |peer| peer.ip());
    if !is_unauthorized || limits.may_be_unauthorized(peer(), response.request().headers()) {
        return Ok(response.map_into_left_body());
    }
    let error = ApiError::new(ErrorCode::RateLimited)
        .with_message("too many requests without a valid token from this address: retry in a second");
    Ok(response.error_response(error).map_into_boxed_body().map_into_right_body())
}
