//! The OpenAPI document, made from the endpoints, the error codes and the limits of the domain.

mod schemas;

use std::collections::BTreeMap;

use actix_web::http::{Method, StatusCode};
use serde_json::{Map, Value, json};

use crate::{ENDPOINTS, Endpoint, ErrorCode, Style, extract::MAX_BODY_BYTES, routes::Input};

const DESCRIPTION: &str = "Tasks of many users, each of whom sees their own and nothing else.\n\n\
    Every route exists twice, over the same tasks: as `/api/tasks…`, where the token alone says who is asking, and as \
    `/api/{user_id}/tasks…`, where the path says it too and must name the token's user. The styles differ in the status \
    of a validation failure (422 and 400) and in nothing else. A trailing slash is served as well, and `HEAD` wherever \
    `GET` is.";

/// What can go wrong on every route under `/api`.
const EVERYWHERE: [ErrorCode; 6] = [
    ErrorCode::Unauthorized,
    ErrorCode::TokenExpired,
    ErrorCode::MethodNotAllowed,
    ErrorCode::RateLimited,
    ErrorCode::InternalError,
    ErrorCode::Unavailable,
];

/// What can go wrong besides where there is a body.
const WITH_A_BODY: [ErrorCode; 4] =
    [ErrorCode::InvalidJson, ErrorCode::RequestTimeout, ErrorCode::PayloadTooLarge, ErrorCode::UnsupportedMediaType];

/// The document, as `/openapi.json` serves it.
#[must_use]
pub fn document() -> Value {
    let mut paths = Map::new();
    for style in Style::ALL {
        for endpoint in &ENDPOINTS {
            let path = format!("{}{}", style.prefix(), endpoint.path);
            let operations =
                paths.entry(path).or_insert_with(|| json!({ "parameters": path_parameters(style, endpoint) }));
            operations[endpoint.method.as_str().to_lowercase()] = operation(style, endpoint);
        }
    }
    for (path, summary, schema) in [
        ("/health/live", "Whether the process answers", "Health"),
        ("/health/ready", "Whether requests should be sent here", "Readiness"),
        ("/health", "The same as /health/ready", "Readiness"),
    ] {
        paths.insert(path.to_owned(), json!({ "get": health(path, summary, schema) }));
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Tasks",
            "description": DESCRIPTION,
            "version": env!("CARGO_PKG_VERSION"),
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "servers": [{ "url": "/" }],
        "tags": [
            { "name": "tasks", "description": "The token says who is asking." },
            { "name": "tasks by user", "description": "The path says it too." },
            { "name": "health", "description": "For whoever watches the service." },
        ],
        "paths": paths,
        "components": {
            "schemas": schemas::all(),
            "responses": all_error_responses(),
            "headers": rate_limit_headers(),
            "securitySchemes": {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "A token whose subject is the user's id.",
                },
            },
        },
    })
}

fn operation(style: Style, endpoint: &Endpoint) -> Value {
    let (tag, suffix) = match style {
        Style::Token => ("tasks", ""),
        Style::Path => ("tasks by user", "OfUser"),
    };
    let mut operation = json!({
        "tags": [tag],
        "operationId": format!("{}{suffix}", endpoint.name),
        "summary": endpoint.summary,
        "security": [{ "bearer": [] }],
        "responses": responses(style, endpoint),
    });
    if !endpoint.description.is_empty() {
        operation["description"] = endpoint.description.into();
    }
    let mut parameters = if endpoint.input == Input::ListQuery { schemas::list_parameters() } else { Vec::new() };
    if endpoint.method == Method::GET {
        parameters.push(schemas::if_none_match());
    } else if endpoint.errors.contains(&ErrorCode::VersionConflict) {
        parameters.push(schemas::if_match());
    }
    if endpoint.errors.contains(&ErrorCode::IdempotencyKeyReused) {
        parameters.push(schemas::idempotency_key());
    }
    if !parameters.is_empty() {
        operation["parameters"] = parameters.into();
    }
    match endpoint.input {
        Input::Nothing | Input::ListQuery => {}
        Input::Body(schema) => operation["requestBody"] = request_body(schema, true),
        Input::OptionalBody(schema) => operation["requestBody"] = request_body(schema, false),
    }
    operation
}

fn path_parameters(style: Style, endpoint: &Endpoint) -> Vec<Value> {
    let parameter = |name, schema| json!({ "name": name, "in": "path", "required": true, "schema": schema });
    let mut parameters = Vec::new();
    if style == Style::Path {
        parameters.push(parameter("user_id", schemas::user_id()));
    }
    if endpoint.path.contains("{id}") {
        parameters.push(parameter("id", schemas::task_id()));
    }
    parameters
}

fn request_body(schema: &str, required: bool) -> Value {
    json!({
        "description": format!("At most {} KiB.", MAX_BODY_BYTES / 1024),
        "required": required,
        "content": { "application/json": { "schema": schemas::reference(schema) } },
    })
}

fn responses(style: Style, endpoint: &Endpoint) -> Value {
    let (status, schema) = endpoint.success;
    let mut headers = json!({ "X-Request-Id": header("The request's id, as it stands in the log.") });
    refer_to_rate_limit_headers(&mut headers);
    if status == StatusCode::CREATED {
        headers["Location"] = header("The path of the new task, in the style of the request.");
    }
    if endpoint.errors.contains(&ErrorCode::IdempotencyKeyReused) {
        headers["Idempotency-Replayed"] = header("`true`, if this is the response to an earlier request.");
    }
    if schema.is_some() {
        headers["ETag"] = header("What was seen, in a word: for `If-Match` and `If-None-Match`.");
    }
    let mut success = json!({ "description": endpoint.summary, "headers": headers });
    if let Some(schema) = schema {
        success["content"] = json!({ "application/json": {
            "schema": schemas::reference(schema),
            "example": schemas::response_example(schema),
        } });
    }

    let mut codes: Vec<ErrorCode> = EVERYWHERE.to_vec();
    codes.extend(endpoint.errors);
    if matches!(endpoint.input, Input::Body(_) | Input::OptionalBody(_)) {
        codes.extend(WITH_A_BODY);
    }
    if style == Style::Path {
        codes.push(ErrorCode::Forbidden);
    }
    let mut responses = error_responses(style, &codes);
    responses.insert(status.as_str().to_owned(), success);
    if endpoint.method == Method::GET {
        responses.insert("304".to_owned(), json!({ "description": "As `If-None-Match` says: nothing has changed." }));
    }
    responses.into()
}

/// References to the responses of these codes, by status. Codes that share a status share a response.
fn error_responses(style: Style, codes: &[ErrorCode]) -> Map<String, Value> {
    let mut by_status: BTreeMap<StatusCode, Vec<ErrorCode>> = BTreeMap::new();
    for code in codes {
        by_status.entry(code.status(style)).or_default().push(*code);
    }
    by_status
        .into_iter()
        .map(|(status, codes)| {
            let reference = format!("#/components/responses/{}", response_name(&codes));
            (status.as_str().to_owned(), json!({ "$ref": reference }))
        })
        .collect()
}

/// Every response that [`error_responses`] refers to.
fn all_error_responses() -> Map<String, Value> {
    let groups: [&[ErrorCode]; 16] = [
        &[ErrorCode::InvalidJson],
        &[ErrorCode::ValidationError],
        &[ErrorCode::ValidationError, ErrorCode::InvalidJson],
        &[ErrorCode::Unauthorized, ErrorCode::TokenExpired],
        &[ErrorCode::Forbidden],
        &[ErrorCode::NotFound],
        &[ErrorCode::MethodNotAllowed],
        &[ErrorCode::RequestTimeout],
        &[ErrorCode::VersionConflict],
        &[ErrorCode::IdempotencyKeyInUse, ErrorCode::QuotaExceeded],
        &[ErrorCode::IdempotencyKeyReused],
        &[ErrorCode::ValidationError, ErrorCode::IdempotencyKeyReused],
        &[ErrorCode::PayloadTooLarge],
        &[ErrorCode::UnsupportedMediaType],
        &[ErrorCode::RateLimited],
        &[ErrorCode::InternalError],
    ];
    groups
        .into_iter()
        .chain([[ErrorCode::Unavailable].as_slice()])
        .map(|codes| (response_name(codes), error_response(codes)))
        .collect()
}

fn response_name(codes: &[ErrorCode]) -> String {
    codes.iter().map(|code| code.as_str()).collect::<Vec<_>>().join("_or_")
}

fn error_response(codes: &[ErrorCode]) -> Value {
    let mut headers = json!({ "X-Request-Id": header("The request's id, as it stands in the log.") });
    let mut examples = Map::new();
    for code in codes {
        match code {
            ErrorCode::Unauthorized => headers["WWW-Authenticate"] = header("`Bearer`, and what is wrong."),
            ErrorCode::MethodNotAllowed => headers["Allow"] = header("The methods that are allowed."),
            ErrorCode::Unavailable | ErrorCode::IdempotencyKeyInUse => {
                headers["Retry-After"] = header("Seconds to wait before the next attempt.");
            }
            ErrorCode::RateLimited => {
                headers["Retry-After"] = header("Seconds to wait before the next attempt.");
                refer_to_rate_limit_headers(&mut headers);
            }
            ErrorCode::VersionConflict => headers["ETag"] = header("The tag of the task as it is now."),
            _ => {}
        }
        examples.insert(code.as_str().to_owned(), json!({ "value": schemas::error_example(*code) }));
    }
    let messages: Vec<&str> = codes.iter().map(|code| code.message()).collect();
    json!({
        "description": messages.join("; or "),
        "headers": headers,
        "content": { "application/json": { "schema": schemas::reference("Error"), "examples": examples } },
    })
}

/// What a user is told of their limit with every response, where there is one.
fn rate_limit_headers() -> Value {
    json!({
        "RateLimit-Policy": header("How many requests a second the user may make, where that is limited: `\"user\";q=100;w=1`."),
        "RateLimit": header("And how many of them are left: `\"user\";r=73;t=1`."),
    })
}

fn refer_to_rate_limit_headers(headers: &mut Value) {
    for name in ["RateLimit-Policy", "RateLimit"] {
        headers[name] = json!({ "$ref": format!("#/components/headers/{name}") });
    }
}

fn header(description: &str) -> Value {
    json!({ "description": description, "schema": { "type": "string" } })
}

fn health(path: &str, summary: &str, schema: &str) -> Value {
    let mut responses = error_responses(Style::Token, &[ErrorCode::Unavailable, ErrorCode::MethodNotAllowed]);
    responses.insert(
        "200".to_owned(),
        json!({
            "description": "Yes",
            "content": { "application/json": {
                "schema": schemas::reference(schema),
                "example": schemas::response_example(schema),
            } },
        }),
    );
    json!({
        "tags": ["health"],
        "operationId": path.trim_start_matches('/').replace('/', "_"),
        "summary": summary,
        "responses": responses,
    })
}
