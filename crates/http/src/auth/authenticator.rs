//! Chooses the verifier for a token.

use std::sync::Arc;

use actix_web::{
    dev::RequestHead,
    http::header::{HeaderValue, ORIGIN, WWW_AUTHENTICATE},
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
use crate::{
    origins::{Origins, origin_of},
    output::{code::ErrorCode, error::ApiError},
};

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
    /// `None` if cookies are not accepted.
    cookies: Option<SessionCookies>,
    explains: bool,
}

/// Which session cookies are accepted.
struct SessionCookies {
    /// The name of the cookie.
    name: String,
    /// The origins whose pages may send it.
    origins: Origins,
}

/// What a request says of its user, if that is not yet known to be true.
pub(crate) enum Unknown<'a> {
    /// There is nothing to verify.
    Rejected(Rejection),
    /// A token that must be verified.
    Unverified(Credential<'a>),
}

/// The outcome of a verification.
pub(crate) struct Verdict {
    /// The metrics' name of the chosen verifier.
    pub(crate) verifier: &'static str,
    pub(crate) outcome: Result<Identity, VerifyError>,
}

impl Verdict {
    /// The metrics' name of success.
    pub(crate) const OK: &'static str = "ok";

    pub(crate) fn rejected(rejection: Rejection) -> Self {
        Self { verifier: NO_VERIFIER, outcome: Err(rejection.into()) }
    }

    /// The metrics' name of the outcome.
    pub(crate) fn result(&self) -> &'static str {
        self.outcome.as_ref().map_or_else(VerifyError::kind, |_identity| Self::OK)
    }
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

    /// Also accepts session tokens in the cookie with this name, and in no other. A browser sends cookies with requests from any
    /// page, so a request is rejected unless the page has one of the origins that are named exactly.
    #[must_use]
    pub fn with_cookies(self, name: String, origins: Origins) -> Self {
        Self { cookies: Some(SessionCookies { name, origins }), ..self }
    }

    /// Tells clients why a token was rejected and how to fix that. For development only, because it helps attackers too.
    #[must_use]
    pub fn explaining(self) -> Self {
        Self { explains: true, ..self }
    }

    pub(crate) fn accepts_cookies(&self) -> bool {
        self.cookies.is_some()
    }

    /// Verifies a token that is not part of a request.
    ///
    /// # Errors
    ///
    /// The reason for which the token would be rejected.
    pub async fn inspect(&self, token: &str) -> Result<Identity, VerifyError> {
        self.verify(&Credential::parse(token)?).await.outcome
    }

    /// The user of a request whose token is known to be valid, and the name of its verifier. Verifies nothing.
    ///
    /// # Errors
    ///
    /// What remains to be verified, if anything.
    pub(crate) fn recall<'a>(&self, request: &'a RequestHead) -> Result<(&'static str, Identity), Unknown<'a>> {
        let cookies = self.cookies.as_ref();
        let name = cookies.map(|cookies| cookies.name.as_str());
        let credential = Credential::of(request.headers(), name).map_err(Unknown::Rejected)?;
        if credential.is_in_cookie() && !cookies.is_some_and(|it| it.may_come_with(request)) {
            return Err(Unknown::Rejected(Rejection::ForeignOrigin));
        }
        let known = match &credential {
            Credential::Jwt(token) => self.remembered(token),
            Credential::Session(token) => {
                let sessions = self.sessions.as_ref().ok_or(Unknown::Rejected(Rejection::SessionsOff))?;
                sessions.remembered(token, self.secret.as_ref()).map(|identity| (SESSION, identity))
            }
        };
        known.ok_or(Unknown::Unverified(credential))
    }

    /// Verifies a token.
    pub(crate) async fn verify(&self, credential: &Credential<'_>) -> Verdict {
        match (credential, &self.sessions) {
            (Credential::Jwt(token), _) => match self.verifier_of(token) {
                Ok((verifier, chosen)) => Verdict { verifier, outcome: chosen.verify(token).await },
                Err(rejection) => Verdict::rejected(rejection),
            },
            (Credential::Session(token), Some(sessions)) => {
                Verdict { verifier: SESSION, outcome: sessions.verify(token, self.secret.as_ref()).await }
            }
            (Credential::Session(_), None) => Verdict::rejected(Rejection::SessionsOff),
        }
    }

    /// The error for the client, which is logged if a line is due.
    pub(crate) fn error(&self, error: VerifyError, is_line_due: bool) -> ApiError {
        match error {
            VerifyError::Rejected(rejection) => self.reject(&rejection, is_line_due),
            VerifyError::Unavailable(cause) => ApiError::unavailable(cause),
            VerifyError::Failed(cause) => ApiError::internal(cause),
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

    fn reject(&self, rejection: &Rejection, is_line_due: bool) -> ApiError {
        let error = match rejection {
            // Explained in production too: it reveals no secret and helps only the developer of a page.
            Rejection::ForeignOrigin => {
                if is_line_due {
                    tracing::warn!(security = true, "rejected: a session cookie from a page of another origin");
                }
                return ApiError::new(ErrorCode::Forbidden).with_message(rejection.to_string());
            }
            Rejection::Expired { .. } => ApiError::new(ErrorCode::TokenExpired),
            // RFC 6750, section 3.1: the challenge has no error if the request has no token.
            Rejection::NoToken => {
                ApiError::new(ErrorCode::Unauthorized).with_header(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
            }
            _ => ApiError::new(ErrorCode::Unauthorized),
        };
        if is_line_due {
            tracing::info!(cause = %rejection, "rejected a token");
        }
        if self.explains { error.with_message(rejection.to_string()) } else { error }
    }
}

impl SessionCookies {
    /// Whether a page of the app sent the request, or the request changes nothing and no other page can read the response.
    /// Browsers leave out the origin of a safe request if the page has the origin of the service, or if it cannot read the
    /// response, as with a link or an image.
    fn may_come_with(&self, request: &RequestHead) -> bool {
        if request.headers().contains_key(ORIGIN) {
            origin_of(request.headers()).is_some_and(|origin| self.origins.name(origin))
        } else {
            request.method.is_safe()
        }
    }
}
