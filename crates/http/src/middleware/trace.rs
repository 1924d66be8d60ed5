//! One line in the log for every request.

use std::time::Instant;

use actix_web::{
    Error,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    middleware::Next,
};
use tracing::{Instrument, field};

use super::pattern;
use crate::{metrics, request_id::RequestId};

/// Puts a span around a request, and says in the end what became of it. The span holds no query, no header but the request's
/// id, and nothing of a body: tokens, titles and search terms are nobody's business.
pub(crate) async fn middleware<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let started = Instant::now();
    // Clients can invent methods, of any length.
    let (id, method) = (RequestId::of(&request), metrics::known(request.method()));
    let span = tracing::info_span!("request", %id, method, user = field::Empty);
    // The pattern, not the path: a path of no route may hold anything.
    let route = pattern::of(&request).unwrap_or("-");
    let answered = async {
        let outcome = next.call(request).await;
        let status = match &outcome {
            Ok(response) => response.status(),
            Err(error) => error.as_response_error().status_code(),
        };
        let duration_us = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
        tracing::info!(status = status.as_u16(), route, duration_us, "answered");
        outcome
    };
    answered.instrument(span).await
}
