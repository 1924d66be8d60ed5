//! Details of a request for an exporter of spans, which the log records in another form or not at all.

use actix_web::http::StatusCode;
use opentelemetry::{
    Context,
    trace::{SpanContext, SpanId, Status, TraceContextExt, TraceFlags, TraceId, TraceState},
};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

use crate::trace_context::TraceContext;

/// Makes the span a child of the caller's span and names it after method and route. Returns its position in the trace, or
/// `None` if spans are not exported.
pub(crate) fn begin(
    span: &Span,
    caller: Option<TraceContext>,
    method: &'static str,
    route: Option<&'static str>,
) -> Option<TraceContext> {
    if let Some(caller) = caller {
        let flags = if caller.sampled { TraceFlags::SAMPLED } else { TraceFlags::default() };
        let (trace_id, span_id) = (TraceId::from(caller.trace_id), SpanId::from(caller.span_id));
        let parent = SpanContext::new(trace_id, span_id, flags, true, TraceState::default());
        span.set_parent(Context::new().with_remote_span_context(parent)).ok()?;
    }
    let context = span.context();
    let exported = context.span();
    let position = exported.span_context();
    if !position.is_valid() {
        return None;
    }
    exported.update_name(route.map_or_else(|| method.to_owned(), |route| format!("{method} {route}")));
    span.set_attribute("http.request.method", method);
    if let Some(route) = route {
        span.set_attribute("http.route", route);
    }
    Some(TraceContext {
        trace_id: u128::from_be_bytes(position.trace_id().to_bytes()),
        span_id: u64::from_be_bytes(position.span_id().to_bytes()),
        sampled: position.is_sampled(),
    })
}

/// Records the status of the response.
pub(crate) fn end(span: &Span, status: StatusCode) {
    span.set_attribute("http.response.status_code", i64::from(status.as_u16()));
    if status.is_server_error() {
        span.set_status(Status::error(""));
    }
}
