//! The id of a request, shared by the client's log and ours.

use std::{fmt, sync::Arc};

use actix_web::{
    HttpMessage,
    dev::ServiceRequest,
    http::header::{HeaderName, HeaderValue},
};
use uuid::{Uuid, fmt::Hyphenated};

pub(crate) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The id of a request: the client's own if it is 1 to 64 of `[A-Za-z0-9._-]`, else a new one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RequestId(Arc<str>);

impl RequestId {
    /// Assigns an id to the request. Later calls return the same one.
    pub(crate) fn of(request: &ServiceRequest) -> Self {
        if let Some(id) = request.extensions().get::<Self>() {
            return id.clone();
        }
        let sent = request.headers().get(X_REQUEST_ID).and_then(|value| value.to_str().ok());
        let id = Self(sent.filter(|id| is_acceptable(id)).map_or_else(fresh, Arc::from));
        request.extensions_mut().insert(id.clone());
        id
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn as_header(&self) -> HeaderValue {
        HeaderValue::from_str(&self.0).unwrap_or(HeaderValue::from_static("-"))
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_acceptable(id: &str) -> bool {
    (1..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

#[expect(clippy::disallowed_methods, reason = "the id of a request is not part of any result")]
fn fresh() -> Arc<str> {
    Arc::from(&*Uuid::now_v7().hyphenated().encode_lower(&mut [0; Hyphenated::LENGTH]))
}
