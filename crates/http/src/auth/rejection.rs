//! Why a token is refused.

/// Why a request has no identity. The text names the cause and what mends it; it never holds any of the token.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Rejection {
    /// There is no `Authorization` header.
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
    /// The token is not three parts with a readable header.
    #[error("the token is not a JSON Web Token (three parts joined by dots); is it a session token?")]
    NotAJwt,
    /// The token's header holds what is not accepted.
    #[error("the token's header must hold alg, and at most typ (JWT) and kid besides")]
    UnsupportedHeader,
    /// No verifier is configured for the token's algorithm.
    #[error(
        "no verifier is configured for a token signed with {}: sign it with HS256 and BETTER_AUTH_SECRET",
        shown(.0)
    )]
    UnsupportedAlgorithm(String),
    /// The signature does not match.
    #[error(
        "the signature does not match: whoever signs the token and this service need the same BETTER_AUTH_SECRET, \
         byte for byte"
    )]
    BadSignature,
    /// The claims lack something, or something in them has the wrong type.
    #[error("the token's claims must hold sub, a string, and exp, a number; nbf and iat must be numbers")]
    BadClaims,
    /// The subject cannot be the id of a user.
    #[error("the token's sub must be 1 to 255 printable ASCII characters")]
    BadSubject,
    /// The token was good once.
    #[error("the token expired {seconds_ago:.0} seconds ago: get a new one")]
    Expired {
        /// How long ago, in seconds.
        seconds_ago: f64,
    },
    /// The token is from the future.
    #[error("the token is valid only in {in_seconds:.0} seconds: are the clocks of both machines right?")]
    NotYetValid {
        /// When, in seconds from now.
        in_seconds: f64,
    },
}

/// An algorithm's name as it may be shown: clients can write anything there.
fn shown(algorithm: &str) -> &str {
    let plausible = (1..=16).contains(&algorithm.len()) && algorithm.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if plausible { algorithm } else { "an unknown algorithm" }
}
