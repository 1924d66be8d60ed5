//! Cross-origin requests from browsers, as the Fetch standard defines them. [Decision 23] says which origins may send what.
//!
//! [Decision 23]: ../../../../docs/adr/0023-cross-origin.md

use std::sync::Arc;

use actix_web::{
    Error, HttpResponse,
    body::{BoxBody, EitherBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{
        Method,
        header::{
            ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
            ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
            ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, HeaderMap, HeaderName, HeaderValue, VARY,
        },
    },
    middleware::Next,
};

use crate::{
    origins::{Origins, origin_of},
    output::{
        code::ErrorCode,
        error::ApiError,
        headers::{ETAG, IDEMPOTENCY_REPLAYED, LOCATION, RATE_LIMIT, RATE_LIMIT_POLICY, REQUEST_ID, RETRY_AFTER},
    },
    request_id::RequestId,
};

/// The methods of the API.
const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, POST, PUT, PATCH, DELETE");

/// How long a browser may remember the answer to a preflight request, in seconds.
const MAX_AGE: HeaderValue = HeaderValue::from_static("3600");

const TRUE: HeaderValue = HeaderValue::from_static("true");

/// Sent by a page of a public address before a request to a private one, such as a service on the developer's machine.
const REQUEST_PRIVATE_NETWORK: HeaderName = HeaderName::from_static("access-control-request-private-network");
const ALLOW_PRIVATE_NETWORK: HeaderName = HeaderName::from_static("access-control-allow-private-network");

/// What pages of other origins may do.
pub(crate) struct Cors {
    origins: Origins,
    cookies_are_credentials: bool,
    exposed: HeaderValue,
}

/// What pages of one origin may do.
struct Grant {
    origin: HeaderValue,
    with_credentials: bool,
    exposed: HeaderValue,
}

impl Cors {
    /// Allows pages of these origins. If cookies are credentials, only an origin that is named exactly may send them.
    pub(crate) fn new(origins: Origins, cookies_are_credentials: bool) -> Self {
        let exposed = [ETAG, LOCATION, RETRY_AFTER, IDEMPOTENCY_REPLAYED, RATE_LIMIT, RATE_LIMIT_POLICY, REQUEST_ID];
        let exposed = exposed.map(|header| header.name).join(", ");
        let exposed = HeaderValue::try_from(exposed).unwrap_or(HeaderValue::from_static(REQUEST_ID.name));
        Self { origins, cookies_are_credentials, exposed }
    }

    fn grant(&self, headers: &HeaderMap) -> Option<Grant> {
        let origin = origin_of(headers).filter(|origin| self.origins.include(origin))?;
        let with_credentials = !self.cookies_are_credentials || self.origins.name(origin);
        Some(Grant { origin: origin.clone(), with_credentials, exposed: self.exposed.clone() })
    }
}

/// Answers preflight requests, and lets pages of allowed origins read all other responses, also those to requests that failed.
pub(crate) async fn middleware<B: MessageBody>(
    cors: Arc<Cors>,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, Error> {
    let grant = cors.grant(request.headers());
    let is_preflight = is_preflight(&request);
    let outcome = match (&grant, is_preflight) {
        (_, false) => next.call(request).await.map(ServiceResponse::map_into_left_body),
        (Some(_), true) => {
            let response = allowed(request.headers());
            Ok(request.into_response(response).map_into_right_body())
        }
        (None, true) => {
            let error = not_allowed(RequestId::of(&request));
            Ok(request.error_response(error).map_into_right_body())
        }
    };
    let extend = move |headers: &mut HeaderMap| {
        headers.append(VARY, vary(is_preflight));
        if let Some(grant) = &grant {
            grant.extend(headers);
        }
    };
    match outcome {
        Ok(mut response) => {
            extend(response.headers_mut());
            Ok(response)
        }
        Err(mut error) => {
            error.add_response_mapper(move |mut response| {
                extend(response.headers_mut());
                response
            });
            Err(error)
        }
    }
}

/// Whether a browser asks what a page may send.
fn is_preflight(request: &ServiceRequest) -> bool {
    request.method() == Method::OPTIONS
        && origin_of(request.headers()).is_some()
        && request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}

/// The response to a preflight request. Any header may be sent, because tracing, analytics and templates add their own.
fn allowed(asked: &HeaderMap) -> HttpResponse<BoxBody> {
    let mut response = HttpResponse::Ok();
    response.insert_header((ACCESS_CONTROL_ALLOW_METHODS, METHODS)).insert_header((ACCESS_CONTROL_MAX_AGE, MAX_AGE));
    for names in asked.get_all(ACCESS_CONTROL_REQUEST_HEADERS) {
        response.append_header((ACCESS_CONTROL_ALLOW_HEADERS, names.clone()));
    }
    if asked.contains_key(REQUEST_PRIVATE_NETWORK) {
        response.insert_header((ALLOW_PRIVATE_NETWORK, TRUE));
    }
    response.finish()
}

fn not_allowed(id: RequestId) -> ApiError {
    let message = "CORS: pages of this origin may not call the API: CORS_ORIGINS allows origins";
    ApiError::new(ErrorCode::Forbidden).with_message(message).with_request_id(id)
}

/// The request headers on which a response depends, for caches.
fn vary(is_preflight: bool) -> HeaderValue {
    HeaderValue::from_static(if is_preflight {
        "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"
    } else {
        "Origin"
    })
}

impl Grant {
    fn extend(&self, headers: &mut HeaderMap) {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, self.origin.clone());
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, self.exposed.clone());
        if self.with_credentials {
            headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, TRUE);
        }
    }
}
