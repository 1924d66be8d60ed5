//! Verifies the token of a request.

use std::sync::Arc;

use actix_web::{
    Error, HttpMessage, ResponseError,
    body::{BoxBody, EitherBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::StatusCode,
    middleware::Next,
};
use domain::Identity;

use super::lines::{self, Verified};
use crate::{
    admission::overloaded,
    auth::{
        authenticator::{Authenticator, Unknown, Verdict},
        owner::Authenticated,
    },
    limits::state::{Limits, TooManyUnauthorized},
    metrics::Metrics,
    output::{code::ErrorCode, error::ApiError},
};

/// If the token is valid, attaches the user to the request and passes it on. Otherwise returns the error.
pub(crate) async fn middleware<B: MessageBody>(
    authenticator: Arc<Authenticator>,
    limits: Arc<Limits>,
    metrics: Arc<Metrics>,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, Error> {
    match identity_of(&authenticator, &limits, &metrics, &request).await {
        Ok(identity) => {
            tracing::Span::current().record("user", identity.id.as_str());
            request.extensions_mut().insert(Verified);
            request.extensions_mut().insert(Authenticated(identity));
            next.call(request).await.map(ServiceResponse::map_into_left_body)
        }
        Err(error) => Ok(request.error_response(error).map_into_boxed_body().map_into_right_body()),
    }
}

/// The user of a request. A token that is known to be valid costs next to nothing and always passes. All else is limited by
/// address, before it is verified. While a token is verified, the request has a place in flight.
async fn identity_of(
    authenticator: &Authenticator,
    limits: &Limits,
    metrics: &Metrics,
    request: &ServiceRequest,
) -> Result<Identity, ApiError> {
    let unknown = match authenticator.recall(request.head()) {
        Ok((verifier, identity)) => {
            metrics.verified(verifier, Verdict::OK);
            return Ok(identity);
        }
        Err(unknown) => unknown,
    };
    let attempt = limits.attempt(request.request()).map_err(|TooManyUnauthorized| {
        ApiError::new(ErrorCode::RateLimited)
            .with_message("too many requests without a valid token from this address: retry in a second")
    })?;
    let verdict = match unknown {
        Unknown::Rejected(rejection) => Verdict::rejected(rejection),
        Unknown::Unverified(credential) => {
            let _place = limits.place().ok_or_else(overloaded)?;
            authenticator.verify(&credential).await
        }
    };
    metrics.verified(verdict.verifier, verdict.result());
    verdict.outcome.map_err(|error| {
        let error = authenticator.error(error, lines::are_due(limits, request.request()));
        if let Some(attempt) = attempt.filter(|_| error.status_code() == StatusCode::UNAUTHORIZED) {
            attempt.fail();
        }
        error
    })
}
