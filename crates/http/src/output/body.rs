//! The bodies of successful responses, for any resource.

use actix_web::{
    HttpResponse, HttpResponseBuilder,
    http::header::{CONTENT_TYPE, HeaderValue},
};
use domain::PageLimit;
use schemars::{JsonSchema, Schema};
use serde::Serialize;
use serde_json::{Value, json};

use super::{error::ApiError, pieces::Pieces};
use crate::wire::Shown;

/// A body with an example in the OpenAPI document.
pub(crate) trait Example: JsonSchema {
    /// The example.
    fn example() -> Value;
}

/// The body of a response with one resource.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "{T}Response", deny_unknown_fields)]
pub(crate) struct Data<T> {
    pub(crate) data: T,
}

/// The body of a response with a page of a list.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "{T}Page", deny_unknown_fields)]
pub(crate) struct Page<T> {
    #[schemars(extend("maxItems" = PageLimit::RANGE.end()))]
    pub(crate) data: Vec<T>,
    pub(crate) meta: Meta,
}

/// The position of a page in its list.
#[derive(Serialize, JsonSchema)]
#[schemars(inline, deny_unknown_fields)]
pub(crate) struct Meta {
    #[schemars(transform = without_default)]
    pub(crate) limit: Shown<PageLimit>,
    pub(crate) has_more: bool,
    pub(crate) next_cursor: Option<String>,
}

/// Defaults are meant for requests.
fn without_default(schema: &mut Schema) {
    schema.remove("default");
}

impl<T: Example> Example for Data<T> {
    fn example() -> Value {
        json!({ "data": T::example() })
    }
}

impl<T: Example> Example for Page<T> {
    fn example() -> Value {
        let limit = PageLimit::default().get();
        json!({ "data": [T::example()], "meta": { "limit": limit, "has_more": false, "next_cursor": null } })
    }
}

/// Completes a response with a body of about `size` bytes. A good estimate avoids reallocation.
pub(crate) fn respond(
    response: &mut HttpResponseBuilder,
    body: &impl Serialize,
    size: usize,
) -> Result<HttpResponse, ApiError> {
    let mut json = Vec::with_capacity(size);
    serde_json::to_writer(&mut json, body).map_err(ApiError::internal)?;
    Ok(response.insert_header((CONTENT_TYPE, HeaderValue::from_static("application/json"))).body(Pieces::new(json)))
}
