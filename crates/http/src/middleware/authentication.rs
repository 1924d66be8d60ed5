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
        rejection::Rejection,
    },
    limits::state::Limits,
    metrics::Metrics,
};

/// If the token is valid, attaches the user to the request and passes it on. Otherwise returns the error.
pub(crate) async fn middleware<B: MessageBody>(
    authenticator: Arc<Authenticator>,
    metrics: Arc<Metrics>,
    limits: Arc<Limits>,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, Error> {
    let Attempt { verifier, result, identity, rejection } = authenticator.authenticate(request.head()).await;
    metrics.verified(verifier, result);
    match identity {
        Ok(identity) => {
            tracing::Span::current().record("user", identity.id.as_str());
            let mut extensions = request.extensions_mut();
            extensions.insert(HasUser);
            extensions.insert(Authenticated(identity));
            drop(extensions);
            next.call(request).await.map(ServiceResponse::map_into_left_body)
        }
        Err(error) => {
            if let Some(rejection) = rejection.filter(|_| !limits.is_silent(limits.client_of(request.head()))) {
                log(&rejection);
            }
            request.extensions_mut().insert(Rejected);
            Ok(request.error_response(error).map_into_boxed_body().map_into_right_body())
        }
    }
}

fn log(rejection: &Rejection) {
    match rejection {
        Rejection::ForeignOrigin => {
            tracing::warn!(security = true, "rejected: a session cookie from a page of another origin");
        }
        _ => tracing::info!(cause = %rejection, "rejected a token"),
    }
}

/// Attached to a request that was authenticated.
pub(crate) struct HasUser;

/// Attached to a request that was not authenticated.
pub(crate) struct Rejected;
