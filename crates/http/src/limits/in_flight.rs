//! How many requests are in work at once.

use std::sync::Arc;

use actix_web::{
    Error,
    body::{BoxBody, EitherBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::header::{self, HeaderValue},
    middleware::Next,
};
use tokio::sync::Semaphore;

use super::{Limits, turned_away::OVERLOAD};
use crate::{ErrorCode, error::ApiError};

pub(super) struct InFlight {
    free: Semaphore,
    max: usize,
}

impl InFlight {
    pub(super) fn new(max: u16) -> Self {
        let max = usize::from(max);
        Self { free: Semaphore::new(max), max }
    }

    pub(super) fn now(&self) -> usize {
        self.max - self.free.available_permits()
    }
}

/// Turns a request away at once when there are too many already: it would only wait and make the others wait.
pub(crate) async fn middleware<B: MessageBody>(
    limits: Arc<Limits>,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, Error> {
    // Given back when this future is done or dropped: a client may go away, time may run out, a handler may panic.
    let Ok(_permit) = limits.in_flight.free.try_acquire() else {
        limits.turned_away.get_or_create(&OVERLOAD).inc();
        tracing::warn!("shed: as many requests are in work as MAX_IN_FLIGHT allows");
        let error = ApiError::new(ErrorCode::Unavailable)
            .with_message("too many requests are in work: try again in a moment")
            .with_header(header::RETRY_AFTER, HeaderValue::from_static("1"));
        return Ok(request.error_response(error).map_into_boxed_body().map_into_right_body());
    };
    next.call(request).await.map(ServiceResponse::map_into_left_body)
}
