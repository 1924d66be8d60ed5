//! Limits the number of requests in flight.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use actix_web::{
    Error, HttpMessage,
    body::{BodySize, BoxBody, EitherBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    middleware::Next,
    web::Bytes,
};

use crate::{
    limits::{in_flight::Place, state::Limits},
    output::{code::ErrorCode, error::ApiError},
};

/// A response larger than this may not fit into the buffers of a connection. In bytes.
const LARGE: u64 = 64 * 1024;

/// Rejects a request at once if too many are in flight. It would only wait and delay the others.
///
/// A request is in flight until the whole response is with the connection, but not while it waits for its body.
pub(crate) async fn middleware<B: MessageBody + Unpin>(
    limits: Arc<Limits>,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<Placed<B>, BoxBody>>, Error> {
    // Released when the last clone is dropped, also if the client disconnects, the request times out or a handler panics.
    let Some(place) = limits.try_enter() else {
        return Ok(request.error_response(ApiError::overload()).map_into_boxed_body().map_into_right_body());
    };
    request.extensions_mut().insert(place.clone());
    let response = next.call(request).await?;
    let is_large = matches!(response.response().body().size(), BodySize::Sized(bytes) if bytes > LARGE);
    if is_large && !limits.may_have_large(&place) {
        let error = ApiError::new(ErrorCode::RateLimited)
            .with_message("too many of your large responses are not read yet: read them first");
        return Ok(response.error_response(error).map_into_boxed_body().map_into_right_body());
    }
    Ok(response.map_body(|_, body| Placed { body, _place: place }).map_into_left_body())
}

/// A response body that keeps the place of its request until it is sent.
pub(crate) struct Placed<B> {
    body: B,
    _place: Place,
}

impl<B: MessageBody + Unpin> MessageBody for Placed<B> {
    type Error = B::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.body).poll_next(context)
    }
}
