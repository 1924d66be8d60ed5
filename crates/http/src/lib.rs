//! The task service on the wire: what comes in is parsed into domain types, one use-case is called, and what it gives is
//! written out.
//!
//! - [`app`] builds the application, for production and for tests alike.
//! - Everything under `/api` is behind one authentication middleware; a handler reaches tasks only through the
//!   `Tasks` extractor, which binds them to the verified owner.
//! - A route is declared once, as an [`Endpoint`]. Registration, the OpenAPI document and the tests read that.
//! - Every response after the request head is parsed is made here, errors in one envelope.

#![forbid(unsafe_code)]

mod app;
mod auth;
mod cursor;
mod envelope;
mod error;
mod etag;
mod extract;
mod fields;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod idempotency;
mod lifecycle;
mod limits;
mod metrics;
mod openapi;
mod pattern;
mod readiness;
mod request_id;
mod response_headers;
mod routes;
#[cfg(feature = "otlp")]
mod span_export;
mod style;
mod task_body;
mod trace;
mod trace_context;
mod unread_body;

pub use app::{Api, app};
pub use auth::{
    Authenticator, ClaimRules, HttpKeySource, JwksVerifier, KeySource, Refusal, Rejection, SecretTooShort,
    SecretVerifier, SessionVerifier, Shown, TokenVerifier,
};
pub use error::ErrorCode;
pub use lifecycle::Lifecycle;
pub use limits::{Limits, TrustedProxies, TurnedAwayLabels};
pub use metrics::{ErrorLabels, Metrics, RequestLabels, RouteLabels, TokenLabels};
pub use openapi::document as openapi_document;
pub use readiness::{Dependency, check_readiness};
pub use routes::{ENDPOINTS, Endpoint};
pub use style::Style;
