//! How many requests a user may make.

use std::sync::Arc;

use actix_web::{
    Error, HttpMessage,
    body::{BoxBody, EitherBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::header::{HeaderMap, HeaderName, HeaderValue},
    middleware::Next,
};
use domain::OwnerId;

use super::{Limits, rate::Rate, turned_away::USER};
use crate::{auth::Authenticated, error::ApiError};

/// What is left, as draft-ietf-httpapi-ratelimit-headers writes it.
pub(crate) const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");

/// What the limit is, likewise.
pub(crate) const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// Counts a request of a user's, and tells how many more could follow at once.
fn take(limit: &Rate<OwnerId>, request: &ServiceRequest) -> Result<u32, ApiError> {
    match request.extensions().get() {
        Some(Authenticated(identity)) => limit.take(&identity.id).ok_or_else(ApiError::rate_limited),
        None => Err(ApiError::internal("the limit per user is not behind the authentication")),
    }
}

/// Says what the limit is and what is left of it. All of it is there again after a second at the latest.
fn say(limit: &Rate<OwnerId>, remaining: u32, headers: &mut HeaderMap) {
    let policy = format!(r#""user";q={};w=1"#, limit.per_second());
    let left = format!(r#""user";r={remaining};t=1"#);
    for (name, text) in [(RATE_LIMIT_POLICY, policy), (RATE_LIMIT, left)] {
        if let Ok(value) = HeaderValue::try_from(text) {
            headers.insert(name, value);
        }
    }
}

/// Lets a verified user's request pass if they have not made too many, and tells them how many are left.
pub(crate) async fn middleware<B: MessageBody>(
    limits: Arc<Limits>,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, Error> {
    let Some(limit) = &limits.users else {
        return next.call(request).await.map(ServiceResponse::map_into_left_body);
    };
    let (remaining, mut response) = match take(limit, &request) {
        Ok(remaining) => (remaining, next.call(request).await?.map_into_left_body()),
        Err(error) => {
            limits.turned_away.get_or_create(&USER).inc();
            (0, request.error_response(error).map_into_boxed_body().map_into_right_body())
        }
    };
    say(limit, remaining, response.headers_mut());
    Ok(response)
}
