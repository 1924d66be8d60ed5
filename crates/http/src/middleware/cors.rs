//! Cross-origin requests from browsers.

use actix_cors::Cors;
use actix_web::http::{
    Method,
    header::{AUTHORIZATION, CONTENT_TYPE, IF_MATCH, IF_NONE_MATCH},
};

use crate::{
    input::idempotency_key::IDEMPOTENCY_KEY,
    output::headers::{ETAG, IDEMPOTENCY_REPLAYED, LOCATION, RATE_LIMIT, RATE_LIMIT_POLICY, REQUEST_ID, RETRY_AFTER},
    request_id::X_REQUEST_ID,
};

/// Allows only the named origins, and cookies only if they are accepted as credentials.
pub(crate) fn cors(origins: &[String], with_cookies: bool) -> Cors {
    let cors = if with_cookies { Cors::default().supports_credentials() } else { Cors::default() };
    let exposed = [ETAG, LOCATION, RETRY_AFTER, IDEMPOTENCY_REPLAYED, RATE_LIMIT, RATE_LIMIT_POLICY, REQUEST_ID];
    let cors = cors
        .allowed_methods([Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
        .allowed_headers([AUTHORIZATION, CONTENT_TYPE, IF_MATCH, IF_NONE_MATCH, IDEMPOTENCY_KEY, X_REQUEST_ID])
        .expose_headers(exposed.map(|header| header.name))
        .max_age(3600);
    origins.iter().fold(cors, |cors, origin| cors.allowed_origin(origin))
}
