//! Who is asking.
//!
//! [`middleware`] stands before everything under `/api`. It leaves an [`Authenticated`] identity with the request, which
//! only the extractor `Tasks` can turn into use-cases: the unbound service is kept in a type private to this module.

mod claims;
mod header;
mod rejection;
mod secret;
mod token;

use std::sync::Arc;

use actix_web::{
    Error, HttpMessage, HttpRequest,
    body::{BoxBody, EitherBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::header::{HeaderMap, HeaderValue, WWW_AUTHENTICATE},
    middleware::Next,
};
use async_trait::async_trait;
use domain::{Identity, OwnerTasks, TaskService};

use self::{header::JoseHeader, token::bearer_token};
pub use self::{
    rejection::Rejection,
    secret::{SecretTooShort, SecretVerifier},
};
use crate::{ErrorCode, error::ApiError};

/// Tells whose token it is, or why it is nobody's. Each verifier holds its own keys and knows its own algorithm.
#[async_trait]
pub trait TokenVerifier: Send + Sync {
    /// The identity that `token` proves.
    ///
    /// # Errors
    ///
    /// Why it proves none.
    async fn verify(&self, token: &str) -> Result<Identity, Rejection>;
}

/// Chooses, among the verifiers that are configured, the one whose kind of token was sent.
#[derive(Default)]
pub struct Authenticator {
    secret: Option<SecretVerifier>,
    explains: bool,
}

impl Authenticator {
    /// Also accepts HS256 tokens signed with a shared secret.
    #[must_use]
    pub fn with_secret(self, secret: SecretVerifier) -> Self {
        Self { secret: Some(secret), ..self }
    }

    /// Tells clients why a token was refused and what mends it. For development: an attacker learns from it too.
    #[must_use]
    pub fn explaining(self) -> Self {
        Self { explains: true, ..self }
    }

    async fn authenticate(&self, headers: &HeaderMap) -> Result<Identity, Rejection> {
        let token = bearer_token(headers)?;
        let header = JoseHeader::of(token)?;
        let verifier: &dyn TokenVerifier = match (header.alg.as_str(), &self.secret) {
            (SecretVerifier::ALGORITHM, Some(secret)) => secret,
            _ => return Err(Rejection::UnsupportedAlgorithm(header.alg)),
        };
        verifier.verify(token).await
    }

    fn refuse(&self, rejection: &Rejection) -> ApiError {
        tracing::info!(cause = %rejection, "refused a token");
        let code = match rejection {
            Rejection::Expired { .. } => ErrorCode::TokenExpired,
            _ => ErrorCode::Unauthorized,
        };
        // RFC 6750, section 3.1: a request without a token is not told of an error.
        let challenge = match rejection {
            Rejection::NoToken => "Bearer",
            _ => "Bearer error=\"invalid_token\"",
        };
        let error = ApiError::new(code).with_header(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        if self.explains { error.with_message(rejection.to_string()) } else { error }
    }
}

/// Whom the token of a request names. Made by [`middleware`] alone.
pub(crate) struct Authenticated(pub(crate) Identity);

/// The use-cases of everyone, out of reach for handlers.
#[derive(Clone)]
pub(crate) struct Unbound(TaskService);

impl Unbound {
    pub(crate) fn new(tasks: TaskService) -> Self {
        Self(tasks)
    }
}

/// The use-cases of one user.
///
/// # Errors
///
/// `INTERNAL_ERROR` if the application was built without them.
pub(crate) fn tasks_of(request: &HttpRequest, identity: Identity) -> Result<OwnerTasks, ApiError> {
    match request.app_data::<Unbound>() {
        Some(Unbound(tasks)) => Ok(tasks.for_owner(identity)),
        None => Err(ApiError::internal("the application was built without a task service")),
    }
}

/// Lets a request pass if its token is good, and remembers whose it is.
pub(crate) async fn middleware<B: MessageBody>(
    authenticator: Arc<Authenticator>,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, Error> {
    match authenticator.authenticate(request.headers()).await {
        Ok(identity) => {
            tracing::Span::current().record("user", identity.id.as_str());
            request.extensions_mut().insert(Authenticated(identity));
            next.call(request).await.map(ServiceResponse::map_into_left_body)
        }
        Err(rejection) => {
            let refused = authenticator.refuse(&rejection);
            Ok(request.error_response(refused).map_into_boxed_body().map_into_right_body())
        }
    }
}
