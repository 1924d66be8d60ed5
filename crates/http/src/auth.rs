//! Who is asking.
//!
//! [`middleware`] stands before everything under `/api`. It leaves an [`Authenticated`] identity with the request, which
//! only the extractor `Tasks` can turn into use-cases.

mod claims;
mod header;
pub(crate) mod jwks;
mod rejection;
mod secret;
mod session;
pub(crate) mod token;
mod verified;

use std::sync::Arc;

use actix_web::{
    Error, HttpMessage,
    body::{BoxBody, EitherBody, MessageBody},
    dev::{RequestHead, ServiceRequest, ServiceResponse},
    http::header::{HeaderMap, HeaderValue, ORIGIN, WWW_AUTHENTICATE},
    middleware::Next,
};
use async_trait::async_trait;
use domain::Identity;

pub use self::{
    claims::ClaimRules,
    jwks::{HttpKeySource, JwksVerifier, KeySource},
    rejection::{Refusal, Rejection, Shown},
    secret::{SecretTooShort, SecretVerifier},
    session::SessionVerifier,
};
use self::{header::JoseHeader, token::Credential, verified::TokenDigest};
use crate::{ErrorCode, Limits, Metrics, error::ApiError};

/// Tells whose token it is, or why it is nobody's. Each verifier holds its own keys and knows its own algorithms.
#[async_trait]
pub trait TokenVerifier: Send + Sync {
    /// The identity that `token` proves.
    ///
    /// # Errors
    ///
    /// Why it proves none.
    async fn verify(&self, token: &str) -> Result<Identity, Refusal>;
}

/// What the metrics call the verifiers.
const SECRET: &str = "secret";
const KEY_SET: &str = "key_set";
const SESSION: &str = "session";

/// What they call it where none was asked.
const NO_VERIFIER: &str = "none";

/// Chooses, among the verifiers that are configured, the one whose kind of token was sent.
#[derive(Default)]
pub struct Authenticator {
    secret: Option<SecretVerifier>,
    jwks: Option<Arc<JwksVerifier>>,
    sessions: Option<SessionVerifier>,
    /// The origins whose pages may send a session cookie with an unsafe method; `None` where cookies are not accepted.
    cookie_origins: Option<Vec<String>>,
    explains: bool,
}

impl Authenticator {
    /// Also accepts HS256 tokens signed with a shared secret.
    #[must_use]
    pub fn with_secret(self, secret: SecretVerifier) -> Self {
        Self { secret: Some(secret), ..self }
    }

    /// Also accepts tokens signed with a key of a published key set.
    #[must_use]
    pub fn with_key_set(self, jwks: Arc<JwksVerifier>) -> Self {
        Self { jwks: Some(jwks), ..self }
    }

    /// Also accepts Better Auth's session tokens as bearer tokens.
    #[must_use]
    pub fn with_sessions(self, sessions: SessionVerifier) -> Self {
        Self { sessions: Some(sessions), ..self }
    }

    /// Accepts them in the session cookie too. A browser sends cookies whoever's page it shows: methods that change
    /// something are refused unless the page is of one of these origins.
    #[must_use]
    pub fn with_cookies_from(self, origins: Vec<String>) -> Self {
        Self { cookie_origins: Some(origins), ..self }
    }

    /// Tells clients why a token was refused and what mends it. For development: an attacker learns from it too.
    #[must_use]
    pub fn explaining(self) -> Self {
        Self { explains: true, ..self }
    }

    pub(crate) fn accepts_cookies(&self) -> bool {
        self.cookie_origins.is_some()
    }

    /// Verifies a token that is no part of a request.
    ///
    /// # Errors
    ///
    /// Why it would be refused.
    pub async fn inspect(&self, token: &str) -> Result<Identity, Refusal> {
        self.verify(&Credential::parse(token)?).await.1
    }

    /// The name of what verified the token, and what came of it.
    async fn verify(&self, credential: &Credential<'_>) -> (&'static str, Result<Identity, Refusal>) {
        match (credential, &self.sessions) {
            (Credential::Jwt(token), _) => match self.remembered(token) {
                Some((name, identity)) => (name, Ok(identity)),
                None => match self.verifier_of(token) {
                    Ok((name, verifier)) => (name, verifier.verify(token).await),
                    Err(rejection) => (NO_VERIFIER, Err(rejection.into())),
                },
            },
            (Credential::Session(token), Some(sessions)) => {
                (SESSION, sessions.verify(token, self.secret.as_ref()).await)
            }
            (Credential::Session(_), None) => (NO_VERIFIER, Err(Rejection::SessionsOff.into())),
        }
    }

    /// The identity that a token has proved before, if it does still, and the name of what verified it.
    fn remembered(&self, token: &str) -> Option<(&'static str, Identity)> {
        let digest = TokenDigest::of(token);
        let by_secret = || Some((SECRET, self.secret.as_ref()?.remembered(&digest)?));
        let by_key_set = || Some((KEY_SET, self.jwks.as_ref()?.remembered(&digest)?));
        by_secret().or_else(by_key_set)
    }

    /// The verifier for a token's algorithm, and its name. It uses that algorithm with its own keys only, so that a token
    /// cannot choose how it is verified, only whether.
    fn verifier_of(&self, token: &str) -> Result<(&'static str, &dyn TokenVerifier), Rejection> {
        let header = JoseHeader::of(token)?;
        match (header.alg.as_str(), &self.secret, &self.jwks) {
            (SecretVerifier::ALGORITHM, Some(secret), _) => Ok((SECRET, secret)),
            (algorithm, _, Some(jwks)) if JwksVerifier::ALGORITHMS.contains(&algorithm) => Ok((KEY_SET, &**jwks)),
            _ => Err(Rejection::UnsupportedAlgorithm(header.alg)),
        }
    }

    pub(crate) async fn authenticate(&self, request: &RequestHead, metrics: &Metrics) -> Result<Identity, ApiError> {
        let credential = Credential::of(request.headers(), self.cookie_origins.is_some()).map_err(|rejection| {
            metrics.verified(NO_VERIFIER, rejection.kind());
            self.refuse(&rejection)
        })?;
        if credential.is_in_cookie() && !request.method.is_safe() && !self.trusts_page_of(request.headers()) {
            tracing::warn!(security = true, "refused: a session cookie from a page of another origin");
            return Err(ApiError::new(ErrorCode::Forbidden).with_message(
                "with a session cookie, a request that changes something must come from a page of the app: its Origin \
                 must be that of BETTER_AUTH_URL, or one of CORS_ORIGINS",
            ));
        }
        let (verifier, outcome) = self.verify(&credential).await;
        metrics.verified(verifier, outcome.as_ref().map_or_else(Refusal::kind, |_identity| "ok"));
        outcome.map_err(|refusal| match refusal {
            Refusal::Rejected(rejection) => self.refuse(&rejection),
            Refusal::Unavailable(cause) => ApiError::unavailable(cause),
        })
    }

    fn trusts_page_of(&self, headers: &HeaderMap) -> bool {
        let mut origins = headers.get_all(ORIGIN);
        let (origin, others) = (origins.next(), origins.count());
        let trusted = self.cookie_origins.iter().flatten();
        others == 0
            && origin.is_some_and(|origin| trusted.into_iter().any(|trusted| origin.as_bytes() == trusted.as_bytes()))
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

/// Lets a request pass if its token is good, and remembers whose it is.
pub(crate) async fn middleware<B: MessageBody>(
    authenticator: Arc<Authenticator>,
    limits: Arc<Limits>,
    metrics: Arc<Metrics>,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, Error> {
    match authenticator.authenticate(request.head(), &metrics).await {
        Ok(identity) => {
            tracing::Span::current().record("user", identity.id.as_str());
            request.extensions_mut().insert(Authenticated(identity));
            next.call(request).await.map(ServiceResponse::map_into_left_body)
        }
        Err(error) => {
            let error = limits.answer_to_refused(&request, error);
            Ok(request.error_response(error).map_into_boxed_body().map_into_right_body())
        }
    }
}
