//! The headers that every response has.

use actix_web::{
    Error,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::ConnectionType,
    middleware::Next,
};

use crate::{output::headers, request_id::RequestId, system::lifecycle::Lifecycle};

/// Adds the headers, and closes the connection while the service is stopping.
pub(crate) async fn middleware<B: MessageBody>(
    lifecycle: Lifecycle,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let id = RequestId::of(&request);
    let mut response = next.call(request).await?;
    headers::add_common(response.headers_mut(), Some(&id));
    if lifecycle.is_stopping() {
        response.response_mut().head_mut().set_connection_type(ConnectionType::Close);
    }
    Ok(response)
}
