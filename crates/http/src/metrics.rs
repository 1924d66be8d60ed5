//! The metrics of the API. The server registers them, with their names and help texts.

use std::time::Duration;

use actix_web::http::Method;
use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
};

/// The upper bounds of the histogram's buckets in seconds: from the duration of a request on SQLite to the default time limit.
const BUCKETS: [f64; 14] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// Metrics that all workers share.
#[derive(Debug)]
pub struct Metrics {
    /// Answered requests.
    pub requests: Family<RequestLabels, Counter>,
    /// Durations of answered requests, in seconds.
    pub durations: Family<RouteLabels, Histogram, fn() -> Histogram>,
    /// Requests in flight.
    pub in_flight: Gauge,
    /// Error responses.
    pub errors: Family<ErrorLabels, Counter>,
    /// Verified and rejected tokens.
    pub tokens: Family<TokenLabels, Counter>,
}

/// The labels of [`Metrics::requests`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct RequestLabels {
    /// The pattern of the route, or `unmatched`.
    pub route: &'static str,
    /// The method, or `other`.
    pub method: &'static str,
    /// The status of the response.
    pub status: u16,
}

/// The labels of [`Metrics::durations`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct RouteLabels {
    /// As in [`RequestLabels`].
    pub route: &'static str,
    /// As in [`RequestLabels`].
    pub method: &'static str,
}

/// The labels of [`Metrics::errors`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ErrorLabels {
    /// The code in the envelope.
    pub code: &'static str,
}

/// The labels of [`Metrics::tokens`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct TokenLabels {
    /// The chosen verifier, or `none`.
    pub verifier: &'static str,
    /// `ok`, or why the token was rejected.
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
    /// Counts an answered request.
    pub(crate) fn answered(&self, labels: &RequestLabels, took: Duration) {
        let RequestLabels { route, method, .. } = *labels;
        self.requests.get_or_create(labels).inc();
        self.durations.get_or_create(&RouteLabels { route, method }).observe(took.as_secs_f64());
    }

    /// Counts a verified or rejected token.
    pub(crate) fn verified(&self, verifier: &'static str, result: &'static str) {
        self.tokens.get_or_create(&TokenLabels { verifier, result }).inc();
    }
}

/// The name of a method for logs and metrics. Clients can invent any number of methods.
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
