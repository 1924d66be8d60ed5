//! One line in the log for every request.

use std::time::Instant;

use actix_web::{
    Error, HttpMessage,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
};
use tracing::{Span, field};
use tracing_actix_web::RootSpanBuilder;

use crate::{pattern, request_id::RequestId};

/// The span around a request. It holds no query, no header but the request's id, and nothing of a body: tokens, titles
/// and search terms are nobody's business.
pub(crate) struct RequestSpan;

#[derive(Clone, Copy)]
struct Started(Instant);

impl RootSpanBuilder for RequestSpan {
    fn on_request_start(request: &ServiceRequest) -> Span {
        request.extensions_mut().insert(Started(Instant::now()));
        tracing::info_span!("request", id = %RequestId::of(request), method = %request.method(), user = field::Empty)
    }

    fn on_request_end<B: MessageBody>(_span: Span, outcome: &Result<ServiceResponse<B>, Error>) {
        let (status, route, started) = match outcome {
            Ok(response) => {
                let request = response.request();
                let started = request.extensions().get::<Started>().copied();
                (response.status(), pattern::of(request.match_info().as_str()), started)
            }
            Err(error) => (error.as_response_error().status_code(), None, None),
        };
        // The pattern, not the path: a path of no route may hold anything.
        tracing::info!(
            status = status.as_u16(),
            route = route.unwrap_or("-"),
            duration_us = started.map(|Started(at)| u64::try_from(at.elapsed().as_micros()).unwrap_or(u64::MAX)),
            "answered"
        );
    }
}
