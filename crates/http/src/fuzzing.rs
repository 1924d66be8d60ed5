//! What must hold of the parsers of input from outside, whatever the input is.
//!
//! A function for each parser. It takes any bytes, reads them as the service does, panics if something does not hold, and
//! tells whether anything was accepted. The targets under `lab/fuzz/` call it with inputs that find new ways through the code;
//! the tests call it with random ones, and with good ones that were changed.

#![expect(clippy::unwrap_used, reason = "a panic is how these functions say that something does not hold")]

mod body;
mod key_set;
mod list_query;
mod token;

#[cfg(test)]
mod tests;

use actix_web::body::MessageBody;
use serde_json::Value;

pub use self::{body::body, key_set::key_set, list_query::list_query, token::token};
use crate::{ErrorCode, Style, envelope, error::ApiError};

/// Checks that a refusal is the one that is due, and that the answer is well-formed and small, whatever was sent.
fn assert_refused(error: &ApiError, due: ErrorCode) {
    assert_eq!(error.code, due, "{error:?}");
    assert_eq!(error.details.is_empty(), due != ErrorCode::ValidationError, "{error:?}");
    let response = envelope::render(error, None, Style::Token);
    assert!(response.status().is_client_error(), "{error:?}");
    let Ok(body) = response.into_body().try_into_bytes() else { unreachable!("JSON is no stream") };
    // Twenty faults, each with a name of 64 characters that take six bytes each, twice.
    assert!(body.len() < 20 * 1024, "{} bytes", body.len());
    let body: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(body["error"]["code"], due.as_str());
}
