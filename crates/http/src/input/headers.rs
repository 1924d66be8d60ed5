//! The description of a request header in the OpenAPI document.

use serde_json::Value;

/// A request header.
pub(crate) struct RequestHeader {
    /// Its name.
    pub name: &'static str,
    /// What it is for.
    pub description: &'static str,
    /// The JSON Schema of its value.
    pub schema: fn() -> Value,
}
