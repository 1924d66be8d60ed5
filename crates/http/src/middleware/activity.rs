//! Tells the connection when a request is being handled.

use actix_web::{
    Error,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::header::{CONTENT_LENGTH, TRANSFER_ENCODING},
    middleware::Next,
};

use crate::connection::activity::Activity;

/// While a request is handled, the time limit for the head of the next one does not run. Then the one for the response begins.
pub(crate) async fn middleware<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    // In tests there may be no connection.
    let Some(activity) = request.conn_data::<Activity>().cloned() else { return next.call(request).await };
    let has_body = [CONTENT_LENGTH, TRANSFER_ENCODING].iter().any(|header| request.headers().contains_key(header));
    activity.begin_request();
    let response = next.call(request).await;
    activity.begin_response(has_body);
    response
}
