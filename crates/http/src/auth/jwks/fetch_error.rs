//! Why a key set could not be fetched: what came back, and what the operator can do.

use std::time::Duration;

use reqwest::{
    StatusCode,
    header::{HeaderMap, LOCATION},
};
use url::Url;

use crate::output::error::chain;

/// How long a fetch may take, from the first packet to the last.
pub(super) const TIMEOUT: Duration = Duration::from_secs(2);

/// The maximum length of an address in a message.
const MAX_SHOWN: usize = 200;

/// A failed fetch. Its text is one line. Of addresses it shows the origin and the path, never a query, which may be secret.
#[derive(Debug, thiserror::Error)]
#[error("{address} {reason} (docs/troubleshooting.md#key-set)")]
pub(super) struct FetchError {
    address: String,
    reason: Reason,
}

/// What came back instead of a key set.
#[derive(Debug, thiserror::Error)]
pub(super) enum Reason {
    /// A redirect, with its target if it names one.
    #[error(
        "redirects ({status}) to {target}, and redirects are not followed: set JWKS_URL to the address that answers with the \
         key set itself"
    )]
    Redirect { status: StatusCode, target: String },
    /// The request was rejected before it reached the app.
    #[error(
        "answered with {0}: a firewall, a proxy or a deployment protection rejects the service: allow this path for the User-Agent \
         tasks-api, or set JWKS_URL to an address without that protection"
    )]
    Forbidden(StatusCode),
    /// There is nothing at this address.
    #[error(
        "answered with {0}: does the app have the jwt plugin? If its key set has another address, set JWKS_URL to that"
    )]
    NotFound(StatusCode),
    /// Any other status.
    #[error("answered with {0}: see the log of the app. If its key set has another address, set JWKS_URL to that")]
    Status(StatusCode),
    /// A page for people.
    #[error(
        "answered with an HTML page, such as a sign-in page: set JWKS_URL to the address that answers with the key set itself"
    )]
    Html,
    /// The body is too large.
    #[error(
        "answered with more than a key set: it is larger than {0} bytes: set JWKS_URL to the address of the key set"
    )]
    TooLarge(usize),
    /// The answer, or the rest of it, did not arrive in time.
    #[error("did not answer within {} s: set JWKS_URL to an address that this service can reach", TIMEOUT.as_secs())]
    TimedOut,
    /// The certificate is not trusted.
    #[error(
        "cannot be trusted ({0}): if a private authority issued its certificate, name that authority in SSL_CERT_FILE, or set \
         JWKS_URL to another address"
    )]
    Certificate(String),
    /// No connection, or a broken one.
    #[error("cannot be reached ({0}): set JWKS_URL to an address that this service can reach")]
    Unreachable(String),
}

impl FetchError {
    pub(super) fn new(url: &Url, reason: Reason) -> Self {
        Self { address: shown(url), reason }
    }
}

impl Reason {
    /// The reason why a response with a status other than 200 is no key set.
    pub(super) fn of_response(url: &Url, status: StatusCode, headers: &HeaderMap) -> Self {
        match status {
            _ if status.is_redirection() => Self::Redirect { status, target: target(url, headers) },
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::PROXY_AUTHENTICATION_REQUIRED => {
                Self::Forbidden(status)
            }
            StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED | StatusCode::GONE => Self::NotFound(status),
            _ => Self::Status(status),
        }
    }
}

impl From<reqwest::Error> for Reason {
    fn from(error: reqwest::Error) -> Self {
        if error.is_timeout() {
            return Self::TimedOut;
        }
        // The library's errors have no type for it.
        let cause = chain(&error.without_url());
        if cause.contains("certificate") { Self::Certificate(cause) } else { Self::Unreachable(cause) }
    }
}

/// Where a redirect leads. It may be relative.
fn target(url: &Url, headers: &HeaderMap) -> String {
    let location = headers.get(LOCATION).and_then(|value| value.to_str().ok());
    location.and_then(|location| url.join(location).ok()).map_or_else(|| "nowhere".to_owned(), |url| shown(&url))
}

/// The origin and the path of an address, in ASCII.
fn shown(url: &Url) -> String {
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    let text = format!("{}://{}{port}{}", url.scheme(), url.host_str().unwrap_or_default(), url.path());
    text.chars().take(MAX_SHOWN).collect()
}
