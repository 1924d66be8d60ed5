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
    limits::{state::Limits, user_rate::UserRate},
    output::{code::ErrorCode, error::ApiError},
};

/// Rejects a request if its user has sent too many. Every response tells the user how many are left.
pub(crate) async fn middleware<B: MessageBody>(
    limits: Arc<Limits>,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, Error> {
    let Some(rate) = limits.user_rate() else {
        return next.call(request).await.map(ServiceResponse::map_into_left_body);
    };
    let (remaining, mut response) = match take(rate, &request) {
        Ok(remaining) => (remaining, next.call(request).await?.map_into_left_body()),
        Err(error) => {
            limits.count_rejected_user();
            (0, request.error_response(error).map_into_boxed_body().map_into_right_body())
        }
    };
    rate.describe(remaining, response.headers_mut());
    Ok(response)
}

/// Counts a request and returns how many are left.
fn take(rate: &UserRate, request: &ServiceRequest) -> Result<u32, ApiError> {
    match request.extensions().get() {
        Some(Authenticated(identity)) => rate.take(&identity.id).ok_or_else(|| ApiError::new(ErrorCode::RateLimited)),
        None => Err(ApiError::internal("the limit per user is not behind the authentication")),
    }
}
