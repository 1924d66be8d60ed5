//! Creates one span and one log line for every request.

use std::{sync::Arc, time::Instant};

use actix_web::{
    Error, HttpMessage,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::StatusCode,
    middleware::Next,
};
use tracing::{Span, field};
use tracing_actix_web::RootSpanBuilder;
use uuid::{Uuid, fmt::Simple};

use super::{lines, pattern};
#[cfg(feature = "otlp")]
use crate::span_export;
use crate::{limits::state::Limits, metrics, request_id::RequestId, trace_context::TraceContext};

/// Builds the span of a request, for `TracingLogger`. The span contains the ids of the request and its trace, but no query, no
/// other header and no body: tokens, titles and search terms are private. `TracingLogger` also creates a request id, which
/// nothing reads.
pub(crate) struct RequestSpan;

impl RootSpanBuilder for RequestSpan {
    fn on_request_start(request: &ServiceRequest) -> Span {
        // Clients can invent methods, of any length.
        let (id, method) = (RequestId::of(request), metrics::known(request.method()));
        let span =
            tracing::info_span!("request", id = id.as_str(), trace_id = field::Empty, method, user = field::Empty);
        let caller = TraceContext::of_caller(request.headers());
        #[cfg(feature = "otlp")]
        let exported = span_export::begin(&span, caller, method, pattern::of(request));
        #[cfg(not(feature = "otlp"))]
        let exported: Option<TraceContext> = None;
        let context = exported.or(caller.map(TraceContext::child)).unwrap_or_else(TraceContext::new);
        // A trace id has the digits of a UUID.
        let trace_id = Uuid::from_u128(context.trace_id).simple();
        span.record("trace_id", &*trace_id.encode_lower(&mut [0; Simple::LENGTH]));
        request.extensions_mut().insert(context);
        span
    }

    /// The middleware below logs the outcome, because it knows the route and when the request began.
    #[cfg_attr(not(feature = "otlp"), expect(unused_variables, reason = "they are for the export"))]
    fn on_request_end<B: MessageBody>(span: Span, outcome: &Result<ServiceResponse<B>, Error>) {
        #[cfg(feature = "otlp")]
        span_export::end(&span, status_of(outcome));
    }
}

/// Logs the outcome of a request, within its span, or counts it for a line that sums up several.
pub(crate) async fn middleware<B: MessageBody>(
    limits: Arc<Limits>,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let started = Instant::now();
    // The pattern, not the path: an unknown path may contain anything.
    let route = pattern::of(&request).unwrap_or("-");
    let context = request.extensions().get::<TraceContext>().copied().unwrap_or_else(TraceContext::new);
    let outcome = context.scope(next.call(request)).await;
    let status = status_of(&outcome);
    // An error without its request is a panic or a request that took too long.
    match outcome.as_ref().ok().map(ServiceResponse::request) {
        Some(request) if !lines::are_due(&limits, request) => {
            limits.log_rate().count(limits.client_of(request), status.as_u16());
        }
        _ => {
            let duration_us = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
            tracing::info!(status = status.as_u16(), route, duration_us, "answered");
        }
    }
    outcome
}

fn status_of<B>(outcome: &Result<ServiceResponse<B>, Error>) -> StatusCode {
    match outcome {
        Ok(response) => response.status(),
        Err(error) => error.as_response_error().status_code(),
    }
}
