//! Counts requests.

use std::{sync::Arc, time::Instant};

use actix_web::{
    Error,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    middleware::Next,
};
use prometheus_client::metrics::gauge::Gauge;

use super::pattern;
use crate::{
    metrics::{ErrorLabels, Metrics, RequestLabels, known},
    output::{code::ErrorCode, error::ApiError},
};

/// The name of all unknown paths, because clients can invent any number of them.
const UNMATCHED: &str = "unmatched";

/// A request in flight. It is dropped with the request, also if the client disconnects.
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

/// Counts a request, whether it succeeds or fails.
pub(crate) async fn middleware<B: MessageBody>(
    metrics: Arc<Metrics>,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let _in_flight = InFlight::begin(&metrics.in_flight);
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
