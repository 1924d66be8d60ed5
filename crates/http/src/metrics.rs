//! What the service does, in numbers. Their names and what they mean stand where they are registered: in the server.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use actix_web::{
    Error,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::Method,
    middleware::Next,
};
use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
};

use crate::{ErrorCode, error::ApiError, pattern};

/// The upper bounds of the histogram's buckets, in seconds: from what SQLite answers in to the usual time limit.
const BUCKETS: [f64; 14] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// What all paths of no route are called together: anyone can ask for any path.
const UNMATCHED: &str = "unmatched";

/// Counts that every worker adds to.
#[derive(Debug)]
pub struct Metrics {
    /// How many requests were answered.
    pub requests: Family<RequestLabels, Counter>,
    /// How long they took, in seconds.
    pub durations: Family<RouteLabels, Histogram, fn() -> Histogram>,
    /// How many are not answered yet.
    pub in_flight: Gauge,
    /// How many were answered with an error.
    pub errors: Family<ErrorLabels, Counter>,
    /// How many tokens were verified, or refused.
    pub tokens: Family<TokenLabels, Counter>,
}

/// What tells requests apart.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct RequestLabels {
    /// The pattern of the route.
    pub route: &'static str,
    /// The method, or `other`.
    pub method: &'static str,
    /// The status of the answer.
    pub status: u16,
}

/// What tells durations apart.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct RouteLabels {
    /// As in [`RequestLabels`].
    pub route: &'static str,
    /// As in [`RequestLabels`].
    pub method: &'static str,
}

/// What tells errors apart.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ErrorLabels {
    /// The code in the envelope.
    pub code: &'static str,
}

/// What tells outcomes of verifying tokens apart.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct TokenLabels {
    /// What verified the token, or `none` if it did not come so far.
    pub verifier: &'static str,
    /// `ok`, or why not.
    pub result: &'static str,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            requests: Family::default(),
            durations: Family::new_with_constructor(|| Histogram::new(BUCKETS)),
            in_flight: Gauge::default(),
            errors: Family::default(),
            tokens: Family::default(),
        }
    }
}

impl Metrics {
    fn answered(&self, labels: &RequestLabels, took: Duration) {
        let RequestLabels { route, method, .. } = *labels;
        self.requests.get_or_create(labels).inc();
        self.durations.get_or_create(&RouteLabels { route, method }).observe(took.as_secs_f64());
    }

    pub(crate) fn verified(&self, verifier: &'static str, result: &'static str) {
        self.tokens.get_or_create(&TokenLabels { verifier, result }).inc();
    }
}

/// A request that is not answered yet. One whose client hung up is dropped, and so is this.
struct InFlight<'a>(&'a Gauge);

impl<'a> InFlight<'a> {
    fn begin(in_flight: &'a Gauge) -> Self {
        in_flight.inc();
        Self(in_flight)
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// Counts a request, whatever becomes of it further in.
pub(crate) async fn middleware<B: MessageBody>(
    metrics: Arc<Metrics>,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let _until_answered = InFlight::begin(&metrics.in_flight);
    let route = pattern::of(&request).unwrap_or(UNMATCHED);
    let method = known(request.method());
    let started = Instant::now();
    let outcome = next.call(request).await;
    let (status, code) = match &outcome {
        Ok(response) => (response.status(), response.response().extensions().get::<ErrorCode>().copied()),
        Err(error) => (error.as_response_error().status_code(), error.as_error().map(|error: &ApiError| error.code)),
    };
    metrics.answered(&RequestLabels { route, method, status: status.as_u16() }, started.elapsed());
    if let Some(code) = code {
        metrics.errors.get_or_create(&ErrorLabels { code: code.as_str() }).inc();
    }
    outcome
}

/// The name of a method. Clients can invent any number of them.
pub(crate) fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
