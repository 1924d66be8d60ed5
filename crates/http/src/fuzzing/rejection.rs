use actix_web::body::MessageBody;
use serde_json::Value;

use crate::{
    output::{code::ErrorCode, error::ApiError},
    style::Style,
};

/// Checks that an error has the expected code, and that its response is well-formed and small.
pub(super) fn assert_rejected(error: &ApiError, expected: ErrorCode) {
    assert_eq!(error.code, expected, "{error:?}");
    assert_eq!(error.details.is_empty(), expected != ErrorCode::ValidationError, "{error:?}");
    let response = error.to_response(None, Style::Token);
    assert!(response.status().is_client_error(), "{error:?}");
    let Ok(body) = response.into_body().try_into_bytes() else { unreachable!("the body is not a stream") };
    // Twenty faults, each with a name of 64 characters of up to six bytes, twice.
    assert!(body.len() < 20 * 1024, "{} bytes", body.len());
    let body: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(body["error"]["code"], expected.as_str());
}
