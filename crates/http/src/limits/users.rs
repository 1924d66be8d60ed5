//! How many requests a user may make.

use std::{num::NonZeroU32, sync::Arc};

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

/// How many requests each user may make.
pub(super) struct UserLimit {
    rate: Rate<OwnerId>,
    /// What responses say of it.
    policy: HeaderValue,
}

impl UserLimit {
    pub(super) fn new(per_second: NonZeroU32) -> Self {
        let policy = header_value(format!(r#""user";q={per_second};w=1"#));
        Self { rate: Rate::new(per_second), policy }
    }

    pub(super) fn rate(&self) -> &Rate<OwnerId> {
        &self.rate
    }

    /// Counts a request of a user's, and tells how many more could follow at once.
    fn take(&self, request: &ServiceRequest) -> Result<u32, ApiError> {
        match request.extensions().get() {
            Some(Authenticated(identity)) => self.rate.take(&identity.id).ok_or_else(ApiError::rate_limited),
            None => Err(ApiError::internal("the limit per user is not behind the authentication")),
        }
    }

    /// Says what the limit is and what is left of it. All of it is there again after a second at the latest.
    fn say(&self, remaining: u32, headers: &mut HeaderMap) {
        headers.insert(RATE_LIMIT_POLICY, self.policy.clone());
        headers.insert(RATE_LIMIT, header_value(format!(r#""user";r={remaining};t=1"#)));
    }
}

fn header_value(ascii: String) -> HeaderValue {
    HeaderValue::try_from(ascii).unwrap_or(HeaderValue::from_static(""))
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
    let (remaining, mut response) = match limit.take(&request) {
        Ok(remaining) => (remaining, next.call(request).await?.map_into_left_body()),
        Err(error) => {
            limits.turned_away.get_or_create(&USER).inc();
            (0, request.error_response(error).map_into_boxed_body().map_into_right_body())
        }
    };
    limit.say(remaining, response.headers_mut());
    Ok(response)
}
