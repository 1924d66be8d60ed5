//! One endpoint in one style.

use schemars::Schema;
use serde_json::{Value, json};

use super::components::{Components, common_headers, header};
use crate::{
    endpoint::{BodyType, Endpoint, Input, PathParameter},
    input::{body::MAX_BODY_BYTES, headers::RequestHeader, if_none_match},
    output::code::ErrorCode,
    style::Style,
};

/// The errors of every endpoint.
const EVERYWHERE: [ErrorCode; 7] = [
    ErrorCode::Unauthorized,
    ErrorCode::TokenExpired,
    ErrorCode::Forbidden,
    ErrorCode::MethodNotAllowed,
    ErrorCode::RateLimited,
    ErrorCode::InternalError,
    ErrorCode::Unavailable,
];

/// The errors of every endpoint that takes a body.
const WITH_A_BODY: [ErrorCode; 4] =
    [ErrorCode::InvalidJson, ErrorCode::RequestTimeout, ErrorCode::PayloadTooLarge, ErrorCode::UnsupportedMediaType];

/// The tag of a resource's endpoints in one style.
pub(super) fn tag(style: Style, resource: &str) -> String {
    match style {
        Style::Token => resource.to_owned(),
        Style::Path => format!("{resource} by user"),
    }
}

/// The parameters in the path, which all methods share.
pub(super) fn path_parameters(style: Style, endpoint: &Endpoint) -> Vec<Value> {
    let user_id = PathParameter::of::<domain::OwnerId>("user_id");
    let of_style = if style == Style::Path { std::slice::from_ref(&user_id) } else { &[] };
    let parameters = of_style.iter().chain(endpoint.path_parameters);
    parameters
        .map(|PathParameter { name, schema }| json!({ "name": name, "in": "path", "required": true, "schema": schema() }))
        .collect()
}

/// The operation object.
pub(super) fn operation(style: Style, endpoint: &Endpoint, components: &mut Components) -> Value {
    let suffix = match style {
        Style::Token => "",
        Style::Path => "OfUser",
    };
    let mut operation = json!({
        "tags": [tag(style, endpoint.resource())],
        "operationId": format!("{}{suffix}", endpoint.name),
        "summary": endpoint.summary,
        "security": [{ "bearer": [] }],
        "responses": responses(style, endpoint, components),
    });
    if !endpoint.description.is_empty() {
        operation["description"] = endpoint.description.into();
    }
    let parameters = parameters(endpoint);
    if !parameters.is_empty() {
        operation["parameters"] = parameters.into();
    }
    match endpoint.input {
        Input::Nothing | Input::Query(_) => {}
        Input::Body(body) => operation["requestBody"] = request_body(body, true, components),
        Input::OptionalBody(body) => operation["requestBody"] = request_body(body, false, components),
    }
    operation
}

/// The parameters in the query and in headers.
fn parameters(endpoint: &Endpoint) -> Vec<Value> {
    let in_query = match endpoint.input {
        Input::Query(parameters) => (parameters.0)(),
        _ => Vec::new(),
    };
    let in_query = in_query.into_iter().map(|(name, mut schema): (_, Schema)| {
        let description = schema.remove("description");
        json!({ "name": name, "in": "query", "required": false, "description": description, "schema": schema })
    });
    let in_headers = endpoint.request_headers.iter().map(|RequestHeader { name, description, schema }| {
        json!({ "name": name, "in": "header", "required": false, "description": description, "schema": schema() })
    });
    in_query.chain(in_headers).collect()
}

fn request_body(body: BodyType, required: bool, components: &mut Components) -> Value {
    json!({
        "description": format!("At most {} KiB.", MAX_BODY_BYTES / 1024),
        "required": required,
        "content": components.content(body),
    })
}

fn responses(style: Style, endpoint: &Endpoint, components: &mut Components) -> Value {
    let mut headers = common_headers();
    headers.extend(endpoint.success.headers.iter().map(header));
    let mut success = json!({ "description": endpoint.summary, "headers": headers });
    if let Some(body) = endpoint.success.body {
        success["content"] = components.content(body);
    }

    let mut codes: Vec<ErrorCode> = EVERYWHERE.to_vec();
    codes.extend(endpoint.errors);
    if matches!(endpoint.input, Input::Body(_) | Input::OptionalBody(_)) {
        codes.extend(WITH_A_BODY);
    }
    let mut responses = components.error_responses(style, &codes);
    responses.insert(endpoint.success.status.as_str().to_owned(), success);
    if endpoint.request_headers.iter().any(|header| header.name == if_none_match::HEADER.name) {
        let description = "Nothing has changed since the `ETag` in `If-None-Match`.";
        responses.insert("304".to_owned(), json!({ "description": description }));
    }
    responses.into()
}
