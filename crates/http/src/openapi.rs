//! Generates the OpenAPI document from the endpoints, the error codes and the types of the bodies.

mod components;
mod operation;

use serde_json::{Map, Value, json};

use self::{
    components::Components,
    operation::{operation, path_parameters},
};
use crate::{
    endpoint::BodyType,
    endpoints::endpoints,
    output::{
        code::ErrorCode,
        health::{LiveBody, ReadyBody},
    },
    public_path::PublicPath,
    style::Style,
};

const DESCRIPTION: &str = "Tasks of many users. Each user sees their own tasks and nothing else.\n\n\
    Every route exists twice, over the same tasks: as `/api/tasks…`, where the token alone names the user, and as \
    `/api/{user_id}/tasks…`, where the path names the user too and must agree with the token. The styles differ in the \
    status of a validation failure (422 and 400) and in nothing else. A trailing slash is served too, and `HEAD` wherever \
    `GET` is.";

/// The document, as `/openapi.json` serves it to clients that reach the service under this path.
#[must_use]
pub fn document(public_path: &PublicPath) -> Value {
    let public_path = public_path.as_str();
    let mut components = Components::default();
    let paths = paths(&mut components);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Tasks",
            "description": DESCRIPTION,
            "version": env!("CARGO_PKG_VERSION"),
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "servers": [{ "url": if public_path.is_empty() { "/" } else { public_path } }],
        "tags": tags(),
        "paths": paths,
        "components": components.into_value(),
    })
}

fn paths(components: &mut Components) -> Map<String, Value> {
    let mut paths = Map::new();
    for style in Style::ALL {
        for endpoint in endpoints() {
            let operations = paths
                .entry(endpoint.full_path(style))
                .or_insert_with(|| json!({ "parameters": path_parameters(style, endpoint) }));
            operations[endpoint.method.as_str().to_lowercase()] = operation(style, endpoint, components);
        }
    }
    let (live, ready) = (BodyType::shown::<LiveBody>(), BodyType::shown::<ReadyBody>());
    for (path, summary, body) in [
        ("/health/live", "Whether the process answers", live),
        ("/health/ready", "Whether requests can be served", ready),
        ("/health", "The same as /health/ready", ready),
    ] {
        paths.insert(path.to_owned(), json!({ "get": health(path, summary, body, components) }));
    }
    paths
}

/// A tag for each resource in each style, in the order of the paths.
fn tags() -> Vec<Value> {
    let mut resources: Vec<&str> = endpoints().map(crate::endpoint::Endpoint::resource).collect();
    resources.dedup();
    let describe = |style: Style| match style {
        Style::Token => "The token names the user.",
        Style::Path => "The path names the user too.",
    };
    let tag = |name: String, description: &str| json!({ "name": name, "description": description });
    let tags = Style::ALL
        .into_iter()
        .flat_map(|style| resources.iter().map(move |resource| tag(operation::tag(style, resource), describe(style))));
    tags.chain([tag("health".to_owned(), "For orchestrators and load balancers.")]).collect()
}

fn health(path: &str, summary: &str, body: BodyType, components: &mut Components) -> Value {
    let mut responses =
        components.error_responses(Style::Token, &[ErrorCode::Unavailable, ErrorCode::MethodNotAllowed]);
    responses.insert("200".to_owned(), json!({ "description": "Yes", "content": components.content(body) }));
    json!({
        "tags": ["health"],
        "operationId": path.trim_start_matches('/').replace('/', "_"),
        "summary": summary,
        "responses": responses,
    })
}
