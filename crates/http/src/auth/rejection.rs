//! Why a token is refused.

use std::fmt;

use domain::BoxError;
use serde_json::Value;

use super::{JwksVerifier, SecretVerifier};

/// Why it is not known who is asking.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The token proves nothing.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// It cannot be told now: there are no keys, or the sessions are out of reach. Clients must not take this for a
    /// sign-out.
    #[error("tokens cannot be verified at the moment")]
    Unavailable(#[source] BoxError),
}

impl Refusal {
    /// The cause in a word, for the metrics.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Rejected(rejection) => rejection.kind(),
            Self::Unavailable(_) => "unavailable",
        }
    }
}

/// Why a token proves nothing. The text names the cause and what mends it. Of the token it shows at most the algorithm,
/// the issuer and the audience.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Rejection {
    /// There is no token.
    #[error("no token: send the header Authorization: Bearer <token>")]
    NoToken,
    /// There is more than one `Authorization` header.
    #[error("more than one Authorization header: send exactly one")]
    SeveralHeaders,
    /// The `Authorization` header is not `Bearer`, one space, and a token.
    #[error("the Authorization header must be: Bearer, one space, and the token")]
    NotABearerHeader,
    /// The token is longer than any that is accepted.
    #[error("the token is longer than 8 KiB")]
    TooLong,
    /// The token is neither a JSON Web Token nor a session token.
    #[error("this is not a token: a JSON Web Token has three parts joined by dots, the first a JSON object")]
    NotAToken,
    /// It is a session token, and those are not accepted.
    #[error(
        "this is not a JSON Web Token, which has three parts joined by dots: send the one that the app's /api/auth/token \
         gives. If it is a session token, those are off: SESSION_TOKENS=bearer accepts them"
    )]
    SessionsOff,
    /// There is no session with this token, or it has ended.
    #[error("there is no such session, or it has ended: sign in again")]
    NoSession,
    /// The signature of a session token does not match, or it has none where it needs one.
    #[error("the session token's signature does not match: this service needs the app's BETTER_AUTH_SECRET")]
    BadSessionSignature,
    /// It is the content of Better Auth's cookie cache.
    #[error("this is Better Auth's cookie cache and no token for an API: send the one that /api/auth/token gives")]
    CookieCache,
    /// The token's header holds what is not accepted.
    #[error("the token's header must hold alg, and at most typ (JWT) and kid besides")]
    UnsupportedHeader,
    /// No verifier is configured for the token's algorithm.
    #[error("{}", unsupported(.0))]
    UnsupportedAlgorithm(String),
    /// The token does not say which key it is signed with.
    #[error("the token's header must hold kid, the id of its key")]
    NoKeyId,
    /// The key set has no such key.
    #[error(
        "the token's key is not among those of the key set: is BETTER_AUTH_URL, or JWKS_URL, that of the same app?"
    )]
    UnknownKey,
    /// The key belongs to another algorithm than the token claims.
    #[error("the token's key is one for another algorithm than the token names")]
    WrongAlgorithm,
    /// The signature does not match.
    #[error(
        "the signature does not match: a token signed with HS256 needs the same BETTER_AUTH_SECRET on both sides, byte \
         for byte"
    )]
    BadSignature,
    /// The claims lack something, or something in them has the wrong type.
    #[error("the token's claims must hold sub, a string, and exp, a number; nbf and iat must be numbers")]
    BadClaims,
    /// The subject cannot be the id of a user.
    #[error("the token's sub must be 1 to 255 printable ASCII characters")]
    BadSubject,
    /// Someone else issued the token.
    #[error("the token's issuer is {found}, and must be {expected} (JWT_ISSUER, or the origin of BETTER_AUTH_URL)")]
    WrongIssuer {
        /// What the token says.
        found: Shown,
        /// What it should say.
        expected: String,
    },
    /// The token is meant for someone else.
    #[error("the token's audience is {found}, and must be {expected} (JWT_AUDIENCE, or the origin of BETTER_AUTH_URL)")]
    WrongAudience {
        /// What the token says.
        found: Shown,
        /// What it should say.
        expected: String,
    },
    /// The token was good once.
    #[error("the token expired {seconds_ago:.0} seconds ago: get a new one")]
    Expired {
        /// How long ago, in seconds.
        seconds_ago: f64,
    },
    /// The token is good for longer than any should be.
    #[error("the token's exp is further away than MAX_TOKEN_LIFETIME: is it in seconds?")]
    GoodForTooLong,
    /// The token is from the future.
    #[error("the token is valid only in {in_seconds:.0} seconds: are the clocks of both machines right?")]
    NotYetValid {
        /// When, in seconds from now.
        in_seconds: f64,
    },
}

impl Rejection {
    /// The cause in a word, for the metrics.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::NoToken => "no_token",
            Self::SeveralHeaders => "several_headers",
            Self::NotABearerHeader => "not_a_bearer_header",
            Self::TooLong => "too_long",
            Self::NotAToken => "not_a_token",
            Self::SessionsOff => "sessions_off",
            Self::NoSession => "no_session",
            Self::BadSessionSignature => "bad_session_signature",
            Self::CookieCache => "cookie_cache",
            Self::UnsupportedHeader => "unsupported_header",
            Self::UnsupportedAlgorithm(_) => "unsupported_algorithm",
            Self::NoKeyId => "no_key_id",
            Self::UnknownKey => "unknown_key",
            Self::WrongAlgorithm => "wrong_algorithm",
            Self::BadSignature => "bad_signature",
            Self::BadClaims => "bad_claims",
            Self::BadSubject => "bad_subject",
            Self::WrongIssuer { .. } => "wrong_issuer",
            Self::WrongAudience { .. } => "wrong_audience",
            Self::Expired { .. } => "expired",
            Self::GoodForTooLong => "good_for_too_long",
            Self::NotYetValid { .. } => "not_yet_valid",
        }
    }
}

/// A claim as it may be shown: short and on one line, for anything can stand there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown(String);

impl Shown {
    pub(super) fn claim(claim: Option<&Value>) -> Self {
        let text = claim.map_or_else(|| "missing".to_owned(), Value::to_string);
        // JSON has escaped most of what cannot be seen, but not all of it.
        let escaped = |c: char| if matches!(c, ' '..='~') { vec![c] } else { c.escape_unicode().collect() };
        Self(text.chars().flat_map(escaped).take(100).collect())
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn unsupported(algorithm: &str) -> String {
    match algorithm {
        SecretVerifier::ALGORITHM => {
            format!("no verifier is configured for {algorithm}: set BETTER_AUTH_SECRET to the secret it is signed with")
        }
        _ if JwksVerifier::ALGORITHMS.contains(&algorithm) => format!(
            "no verifier is configured for {algorithm}: set BETTER_AUTH_URL to the address of the Better Auth app, or \
             JWKS_URL to that of its key set"
        ),
        _ => format!(
            "the token's algorithm is not supported: {} and {} are",
            JwksVerifier::ALGORITHMS.join(", "),
            SecretVerifier::ALGORITHM
        ),
    }
}
