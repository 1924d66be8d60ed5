//! The HTTP interface of the service. It parses a request into types of the domain, calls one use-case, and turns the outcome
//! into the response.
//!
//! - [`app`](app()) builds the application, for production and for tests.
//! - [`server`](server()) serves it. `connection` limits what a connection may hold, and for how long.
//! - `middleware` holds the middleware, in running order.
//! - `auth` verifies tokens. A handler reaches use-cases only through its extractor `Owner`, which binds them to the verified
//!   user.
//! - Each resource has its own module, such as `tasks`: a file per endpoint, and one for the wire format.
//! - An [`Endpoint`] declares a route once. Registration, the OpenAPI document and the tests derive from it.
//! - `input` and `output` are common to all resources: bodies, queries, headers, errors.

#![forbid(unsafe_code)]

mod admission;
mod app;
mod auth;
mod connection;
mod endpoint;
mod endpoints;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod input;
mod limits;
mod metrics;
mod middleware;
mod openapi;
mod origins;
mod output;
mod public_path;
mod request_id;
mod routes;
mod server;
#[cfg(feature = "otlp")]
mod span_export;
mod starting;
mod style;
mod system;
mod tasks;
#[cfg(feature = "testing")]
pub mod testing;
mod trace_context;
mod wire;

pub use app::{Api, app};
pub use auth::{
    accepted_values::{AcceptedValues, NoValue},
    authenticator::Authenticator,
    claims::ClaimRules,
    jwks::{fetch::HttpKeySource, source::KeySource, verifier::JwksVerifier},
    rejection::{Rejection, Shown, VerifyError},
    secret::{SecretTooShort, SecretVerifier},
    session::SessionVerifier,
    verifier::TokenVerifier,
};
pub use connection::admission::{ClosedLabels, ConnectionLimits, Connections};
pub use endpoint::{Endpoint, PathParameter};
pub use endpoints::endpoints;
pub use limits::{client_address::TrustedProxies, rejected::RejectedLabels, state::Limits};
pub use metrics::{ErrorLabels, Metrics, RequestLabels, RouteLabels, TokenLabels};
pub use openapi::document as openapi_document;
pub use origins::{NotAnOrigin, Origins};
pub use output::code::ErrorCode;
pub use public_path::{InvalidPublicPath, PublicPath};
pub use server::{ServerSettings, server};
pub use starting::starting_app;
pub use style::Style;
pub use system::{
    lifecycle::Lifecycle,
    readiness::{Dependency, check_readiness},
};
