//! What every response says besides its content.

use actix_web::{
    Error,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::{
        ConnectionType,
        header::{self, HeaderMap, HeaderName, HeaderValue},
    },
    middleware::Next,
};

use crate::{
    Lifecycle,
    request_id::{RequestId, X_REQUEST_ID},
};

/// Headers that keep a browser from doing with a response what it was not made for.
const PROTECTION: [(HeaderName, &str); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::CACHE_CONTROL, "no-store"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    (header::X_FRAME_OPTIONS, "DENY"),
];

/// Adds the protecting headers, where the response does not bring its own, and the request's id.
pub(crate) fn add(headers: &mut HeaderMap, id: Option<&RequestId>) {
    for (name, value) in PROTECTION {
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
    if let Some(id) = id {
        headers.insert(X_REQUEST_ID, id.as_header());
    }
}

/// The outermost middleware: nothing leaves without these headers.
pub(crate) async fn middleware<B: MessageBody>(
    lifecycle: Lifecycle,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let id = RequestId::of(&request);
    let mut response = next.call(request).await?;
    add(response.headers_mut(), Some(&id));
    if lifecycle.is_stopping() {
        response.response_mut().head_mut().set_connection_type(ConnectionType::Close);
    }
    Ok(response)
}
