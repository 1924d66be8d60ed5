//! Chooses the verifier for a token.

use std::sync::Arc;

use actix_web::{
    dev::RequestHead,
    http::header::{HeaderMap, HeaderValue, ORIGIN, WWW_AUTHENTICATE},
};
use domain::Identity;

use super::{
    credential::Credential,
    header::JoseHeader,
    jwks::verifier::JwksVerifier,
    rejection::{Rejection, VerifyError},
    secret::SecretVerifier,
    session::SessionVerifier,
    verified_tokens::TokenDigest,
    verifier::TokenVerifier,
};
use crate::output::{code::ErrorCode, error::ApiError};

/// The names of the verifiers in the metrics.
const SECRET: &str = "secret";
const KEY_SET: &str = "key_set";
const SESSION: &str = "session";

/// The name in the metrics if no verifier was chosen.
const NO_VERIFIER: &str = "none";

/// Authenticates requests with the configured verifiers.
#[derive(Default)]
pub struct Authenticator {
    secret: Option<SecretVerifier>,
    jwks: Option<Arc<JwksVerifier>>,
    sessions: Option<SessionVerifier>,
    /// The origins whose pages may send a session cookie with an unsafe method; `None` if cookies are not accepted.
    cookie_origins: Option<Vec<String>>,
    explains: bool,
}

/// The outcome of an authentication.
pub(crate) struct Attempt {
    /// The metrics' name of the chosen verifier.
    pub(crate) verifier: &'static str,
    /// `ok`, or the metrics' name of the cause.
    pub(crate) result: &'static str,
    /// The user, or the error for the client.
    pub(crate) identity: Result<Identity, ApiError>,
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

    /// Also accepts session tokens in the session cookie. A browser sends cookies with requests from any page, so unsafe
    /// methods are rejected unless the page has one of these origins.
    #[must_use]
    pub fn with_cookies_from(self, origins: Vec<String>) -> Self {
        Self { cookie_origins: Some(origins), ..self }
    }

    /// Tells clients why a token was rejected and how to fix that. For development only, because it helps attackers too.
    #[must_use]
    pub fn explaining(self) -> Self {
        Self { explains: true, ..self }
    }

    pub(crate) fn accepts_cookies(&self) -> bool {
        self.cookie_origins.is_some()
    }

    /// Verifies a token that is not part of a request.
    ///
    /// # Errors
    ///
    /// The reason for which the token would be rejected.
    pub async fn inspect(&self, token: &str) -> Result<Identity, VerifyError> {
        self.verify(&Credential::parse(token)?).await.1
    }

    /// Authenticates a request.
    pub(crate) async fn authenticate(&self, request: &RequestHead) -> Attempt {
        let (verifier, outcome) = match Credential::of(request.headers(), self.accepts_cookies()) {
            Ok(credential) if credential.is_in_cookie() && !self.may_send_cookie(request) => {
                (NO_VERIFIER, Err(Rejection::ForeignOrigin.into()))
            }
            Ok(credential) => self.verify(&credential).await,
            Err(rejection) => (NO_VERIFIER, Err(rejection.into())),
        };
        let result = outcome.as_ref().map_or_else(VerifyError::kind, |_identity| "ok");
        let identity = outcome.map_err(|error| match error {
            VerifyError::Rejected(rejection) => self.reject(&rejection),
            VerifyError::Unavailable(cause) => ApiError::unavailable(cause),
        });
        Attempt { verifier, result, identity }
    }

    /// The name of the chosen verifier, and its verdict.
    async fn verify(&self, credential: &Credential<'_>) -> (&'static str, Result<Identity, VerifyError>) {
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

    /// The cached identity of a token, if it is still valid, and the name of the verifier.
    fn remembered(&self, token: &str) -> Option<(&'static str, Identity)> {
        let digest = TokenDigest::of(token);
        let by_secret = || Some((SECRET, self.secret.as_ref()?.remembered(&digest)?));
        let by_key_set = || Some((KEY_SET, self.jwks.as_ref()?.remembered(&digest)?));
        by_secret().or_else(by_key_set)
    }

    /// The verifier for a token's algorithm, and its name. The verifier uses that algorithm only with its own keys: a token can
    /// choose a verifier, but not a key.
    fn verifier_of(&self, token: &str) -> Result<(&'static str, &dyn TokenVerifier), Rejection> {
        let header = JoseHeader::of(token)?;
        match (header.alg.as_str(), &self.secret, &self.jwks) {
            (SecretVerifier::ALGORITHM, Some(secret), _) => Ok((SECRET, secret)),
            (algorithm, _, Some(jwks)) if JwksVerifier::ALGORITHMS.contains(&algorithm) => Ok((KEY_SET, &**jwks)),
            _ => Err(Rejection::UnsupportedAlgorithm(header.alg)),
        }
    }

    /// Whether a request with a session cookie is safe, or comes from a page of the app.
    fn may_send_cookie(&self, request: &RequestHead) -> bool {
        request.method.is_safe() || self.trusts_page_of(request.headers())
    }

    fn trusts_page_of(&self, headers: &HeaderMap) -> bool {
        let mut origins = headers.get_all(ORIGIN);
        let (origin, others) = (origins.next(), origins.count());
        let trusted = self.cookie_origins.iter().flatten();
        others == 0
            && origin.is_some_and(|origin| trusted.into_iter().any(|trusted| origin.as_bytes() == trusted.as_bytes()))
    }

    fn reject(&self, rejection: &Rejection) -> ApiError {
        let error = match rejection {
            // Explained in production too: it reveals no secret and helps only the developer of a page.
            Rejection::ForeignOrigin => {
                tracing::warn!(security = true, "rejected: a session cookie from a page of another origin");
                return ApiError::new(ErrorCode::Forbidden).with_message(rejection.to_string());
            }
            Rejection::Expired { .. } => ApiError::new(ErrorCode::TokenExpired),
            // RFC 6750, section 3.1: the challenge has no error if the request has no token.
            Rejection::NoToken => {
                ApiError::new(ErrorCode::Unauthorized).with_header(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
            }
            _ => ApiError::new(ErrorCode::Unauthorized),
        };
        tracing::info!(cause = %rejection, "rejected a token");
        if self.explains { error.with_message(rejection.to_string()) } else { error }
    }
}
