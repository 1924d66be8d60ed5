//! The reasons for rejecting a token.

use std::fmt;

use domain::{BoxError, InvalidText};
use serde_json::Value;

use super::{accepted_values::AcceptedValues, algorithms};

/// Why a token could not be verified.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The token is not valid.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// The token cannot be verified now, because there is no key set or the session store cannot be reached. Clients must not
    /// treat this as a sign-out.
    #[error("tokens cannot be verified at the moment")]
    Unavailable(#[source] BoxError),
    /// The session store failed: a defect in the program or in the data.
    #[error("tokens cannot be verified")]
    Failed(#[source] BoxError),
}

impl VerifyError {
    /// The cause as one word, for the metrics.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Rejected(rejection) => rejection.kind(),
            Self::Unavailable(_) => "unavailable",
            Self::Failed(_) => "failed",
        }
    }
}

/// Why a token is not valid. The text names the cause and the fix. It shows no part of the token except the algorithm, the
/// issuer and the audience.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Rejection {
    /// There is no token.
    #[error("no token: send the header Authorization: Bearer <token>")]
    NoToken,
    /// There is more than one `Authorization` header.
    #[error("more than one Authorization header: send exactly one")]
    SeveralHeaders,
    /// The `Authorization` header is not `Bearer`, spaces, and a token.
    #[error("the header must be Authorization: Bearer <token>, with the word Bearer once and the token without quotes")]
    NotABearerHeader,
    /// There are session cookies with different values.
    #[error(
        "more than one session cookie: delete the cookies of this site and of its parent domains, and sign in again"
    )]
    SeveralCookies,
    /// The token is too long.
    #[error("the token is longer than 8 KiB")]
    TooLong,
    /// The token is neither a JSON Web Token nor a session token.
    #[error("this is not a token: a JSON Web Token has three parts joined by dots, and the first is a JSON object")]
    NotAToken,
    /// The token is a session token, and session tokens are not accepted.
    #[error(
        "this is not a JSON Web Token, which has three parts joined by dots: send the one from the app's /api/auth/token. \
         If it is a session token: they are off, and SESSION_TOKENS=bearer accepts them"
    )]
    SessionsOff,
    /// There is no session with this token, or it has expired.
    #[error("there is no such session, or it has expired: sign in again")]
    NoSession,
    /// The signature of a session token is wrong, or missing in a cookie.
    #[error("the session token's signature does not match: this service needs the app's BETTER_AUTH_SECRET")]
    BadSessionSignature,
    /// The token is the content of Better Auth's cookie cache.
    #[error("this is Better Auth's cookie cache, not a token for an API: send the one from /api/auth/token")]
    CookieCache,
    /// The token's header has a parameter that is not accepted.
    #[error("the token's header must hold alg, and nothing else but typ (JWT) and kid")]
    UnsupportedHeader,
    /// No verifier is configured for the token's algorithm.
    #[error("{}", unsupported(.0))]
    UnsupportedAlgorithm(String),
    /// The token does not name its key.
    #[error("the token's header must hold kid, the id of its key")]
    NoKeyId,
    /// The key set has no such key.
    #[error("the token's key is not in the key set: is BETTER_AUTH_URL, or JWKS_URL, that of the same app?")]
    UnknownKey,
    /// The key is for another algorithm than the token names.
    #[error("the token's key is for another algorithm than the token names")]
    WrongAlgorithm,
    /// The signature does not match.
    #[error(
        "the signature does not match: a token signed with HS256 needs the same BETTER_AUTH_SECRET on both sides, byte \
         for byte"
    )]
    BadSignature,
    /// A claim is missing or has the wrong type.
    #[error("the token's claims must hold sub, a string, and exp, a number; nbf and iat must be numbers")]
    BadClaims,
    /// The subject cannot be the id of a user.
    #[error("the token's sub {0}")]
    BadSubject(InvalidText),
    /// The token has another issuer.
    #[error("the token's issuer is {found}, and must be {expected} (JWT_ISSUER, or the origin of BETTER_AUTH_URL)")]
    WrongIssuer {
        /// What the token says.
        found: Shown,
        /// What it should say.
        expected: AcceptedValues,
    },
    /// The token is for another audience.
    #[error("the token's audience is {found}, and must be {expected} (JWT_AUDIENCE, or the origin of BETTER_AUTH_URL)")]
    WrongAudience {
        /// What the token says.
        found: Shown,
        /// What it should say.
        expected: AcceptedValues,
    },
    /// The token has expired.
    #[error("the token expired {seconds_ago:.0} seconds ago: get a new one")]
    Expired {
        /// How long ago, in seconds.
        seconds_ago: f64,
    },
    /// The token is valid for too long.
    #[error("the token's exp is further away than MAX_TOKEN_LIFETIME: is it in seconds?")]
    GoodForTooLong,
    /// The token is not valid yet.
    #[error(
        "the token becomes valid only in {in_seconds:.0} seconds: are the clocks of both machines right? CLOCK_SKEW allows \
         for a difference of up to 60s"
    )]
    NotYetValid {
        /// When, in seconds from now.
        in_seconds: f64,
    },
    /// A browser sent a session cookie from a page of another origin.
    #[error(
        "with a session cookie, a request must come from a page of the app: its Origin must be that of BETTER_AUTH_URL, or \
         one that CORS_ORIGINS names exactly, without *"
    )]
    ForeignOrigin,
}

impl Rejection {
    /// The cause in a word, for the metrics.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::NoToken => "no_token",
            Self::SeveralHeaders => "several_headers",
            Self::NotABearerHeader => "not_a_bearer_header",
            Self::SeveralCookies => "several_cookies",
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
            Self::BadSubject(_) => "bad_subject",
            Self::WrongIssuer { .. } => "wrong_issuer",
            Self::WrongAudience { .. } => "wrong_audience",
            Self::Expired { .. } => "expired",
            Self::GoodForTooLong => "good_for_too_long",
            Self::NotYetValid { .. } => "not_yet_valid",
            Self::ForeignOrigin => "foreign_origin",
        }
    }
}

/// A claim that can be shown: always short and on one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown(String);

impl Shown {
    pub(super) fn claim(claim: Option<&Value>) -> Self {
        let text = claim.map_or_else(|| "missing".to_owned(), Value::to_string);
        // JSON escapes most invisible characters, but not all.
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
        algorithms::SECRET => {
            format!("no verifier is configured for {algorithm}: set BETTER_AUTH_SECRET to the secret it is signed with")
        }
        _ if algorithms::KEY_SET.contains(&algorithm) => format!(
            "no verifier is configured for {algorithm}: set BETTER_AUTH_URL to the address of the Better Auth app, or \
             JWKS_URL to that of its key set"
        ),
        _ => format!(
            "the token's algorithm is not supported: {} and {} are",
            algorithms::KEY_SET.join(", "),
            algorithms::SECRET
        ),
    }
}
