//! Verifies the token of a request.

use std::sync::Arc;

use actix_web::{
    Error, HttpMessage,
    body::{BoxBody, EitherBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    middleware::Next,
};

use crate::{
    auth::{
        authenticator::{Attempt, Authenticator},
        owner::Authenticated,
    },
    metrics::Metrics,
};

/// If the token is valid, attaches the user to the request and passes it on. Otherwise returns the error.
pub(crate) async fn middleware<B: MessageBody>(
    authenticator: Arc<Authenticator>,
    metrics: Arc<Metrics>,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, Error> {
    let Attempt { verifier, result, identity } = authenticator.authenticate(request.head()).await;
    metrics.verified(verifier, result);
    match identity {
        Ok(identity) => {
            tracing::Span::current().record("user", identity.id.as_str());
            request.extensions_mut().insert(Authenticated(identity));
            next.call(request).await.map(ServiceResponse::map_into_left_body)
        }
        Err(error) => {
            request.extensions_mut().insert(Rejected);
            Ok(request.error_response(error).map_into_boxed_body().map_into_right_body())
        }
    }
}

/// Attached to a request that was not authenticated.
pub(crate) struct Rejected;
