//! Limits the requests of a user.

use std::sync::Arc;

use actix_web::{
    Error, HttpMessage,
    body::{BoxBody, EitherBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    middleware::Next,
};

use crate::{
    auth::owner::Authenticated,
    limits::{in_flight::Place, state::Limits},
    output::{code::ErrorCode, error::ApiError},
};

/// Rejects a request if its user has sent too many, or has too many in flight. If there is a rate limit, every response tells the
/// user how many are left.
pub(crate) async fn middleware<B: MessageBody>(
    limits: Arc<Limits>,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, Error> {
    let (remaining, admitted) = match admit(&limits, &request) {
        Ok(remaining) => (remaining, Ok(())),
        Err((remaining, error)) => (remaining, Err(error)),
    };
    let mut response = match admitted {
        Ok(()) => next.call(request).await?.map_into_left_body(),
        Err(error) => request.error_response(error).map_into_boxed_body().map_into_right_body(),
    };
    if let (Some(rate), Some(remaining)) = (limits.user_rate(), remaining) {
        rate.describe(remaining, response.headers_mut());
    }
    Ok(response)
}

/// Counts a request and returns how many are left, if there is a rate limit. The error comes with how many are left too.
fn admit(limits: &Limits, request: &ServiceRequest) -> Result<Option<u32>, (Option<u32>, ApiError)> {
    let extensions = request.extensions();
    let (Some(Authenticated(identity)), Some(place)) = (extensions.get(), extensions.get::<Place>()) else {
        return Err((None, ApiError::internal("the limits of a user are not behind the authentication")));
    };
    let remaining = match limits.user_rate() {
        None => None,
        Some(rate) => match rate.take(&identity.id) {
            Some(remaining) => Some(remaining),
            None => {
                limits.count_rejected_user();
                return Err((Some(0), ApiError::new(ErrorCode::RateLimited)));
            }
        },
    };
    if limits.may_have(place, &identity.id) {
        return Ok(remaining);
    }
    let error = ApiError::new(ErrorCode::RateLimited)
        .with_message("too many of your requests are in flight: wait for a response before the next request");
    Err((remaining, error))
}
