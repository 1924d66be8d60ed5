//! The components that operations refer to, collected while the operations are generated.

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use schemars::{SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use crate::{
    endpoint::BodyType,
    endpoints::RESOURCES,
    output::{
        code::ErrorCode,
        error::Envelope,
        headers::{RATE_LIMIT, RATE_LIMIT_POLICY, REQUEST_ID, ResponseHeader},
    },
    style::Style,
};

/// Headers that many responses have.
const SHARED: [ResponseHeader; 2] = [RATE_LIMIT_POLICY, RATE_LIMIT];

/// Schemas and responses, each stored once.
pub(super) struct Components {
    schemas: SchemaGenerator,
    responses: BTreeMap<String, Value>,
}

impl Default for Components {
    fn default() -> Self {
        let settings = SchemaSettings::draft2020_12().for_serialize().with(|settings| {
            settings.definitions_path = "/components/schemas".into();
            settings.meta_schema = None;
        });
        Self { schemas: settings.into_generator(), responses: BTreeMap::new() }
    }
}

impl Components {
    /// The content of a body, with an example if its type has one.
    pub(super) fn content(&mut self, body: BodyType) -> Value {
        let mut content = json!({ "schema": (body.schema)(&mut self.schemas) });
        if let Some(example) = body.example {
            content["example"] = example();
        }
        json!({ "application/json": content })
    }

    /// References to the responses with these codes, by status. Codes with the same status share a response.
    pub(super) fn error_responses(&mut self, style: Style, codes: &[ErrorCode]) -> Map<String, Value> {
        let mut by_status: BTreeMap<StatusCode, Vec<ErrorCode>> = BTreeMap::new();
        for code in codes {
            by_status.entry(code.status(style)).or_default().push(*code);
        }
        by_status
            .into_iter()
            .map(|(status, mut codes)| {
                codes.sort();
                let name = codes.iter().map(|code| code.as_str()).collect::<Vec<_>>().join("_or_");
                let reference = json!({ "$ref": format!("#/components/responses/{name}") });
                let response = self.error_response(&codes);
                self.responses.insert(name, response);
                (status.as_str().to_owned(), reference)
            })
            .collect()
    }

    fn error_response(&mut self, codes: &[ErrorCode]) -> Value {
        let mut headers = Map::from_iter([header(&REQUEST_ID)]);
        headers.extend(codes.iter().flat_map(|code| code.headers()).map(header));
        let examples: Map<String, Value> =
            codes.iter().map(|code| (code.as_str().to_owned(), json!({ "value": example(*code) }))).collect();
        let messages: Vec<&str> = codes.iter().map(|code| code.message()).collect();
        json!({
            "description": messages.join("; or "),
            "headers": headers,
            "content": { "application/json": {
                "schema": self.schemas.subschema_for::<Envelope>(),
                "examples": examples,
            } },
        })
    }

    /// The components object.
    pub(super) fn into_value(mut self) -> Value {
        let resources = RESOURCES.map(|resource| (resource.shown.schema)(&mut self.schemas));
        let mut schemas = Value::Object(self.schemas.take_definitions(true));
        schemas["Error"]["properties"]["error"]["properties"]["current"] = json!({ "anyOf": resources });
        let headers: Map<String, Value> =
            SHARED.iter().map(|shared| (shared.name.to_owned(), definition(shared))).collect();
        json!({
            "schemas": schemas,
            "responses": self.responses,
            "headers": headers,
            "securitySchemes": {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "A token whose subject is the id of the user.",
                },
            },
        })
    }
}

/// The headers of every response under `/api`, except some errors.
pub(super) fn common_headers() -> Map<String, Value> {
    [REQUEST_ID].iter().chain(&SHARED).map(header).collect()
}

/// A header, by its name.
pub(super) fn header(header: &ResponseHeader) -> (String, Value) {
    let name = header.name;
    let is_shared = SHARED.iter().any(|shared| shared.name == name);
    let value = if is_shared { json!({ "$ref": format!("#/components/headers/{name}") }) } else { definition(header) };
    (name.to_owned(), value)
}

fn definition(header: &ResponseHeader) -> Value {
    json!({ "description": header.description, "schema": { "type": "string" } })
}

/// An example of an error.
fn example(code: ErrorCode) -> Value {
    let mut error = json!({
        "code": code.as_str(),
        "message": code.message(),
        "request_id": "019c3236-2a00-7b1d-9d5c-0c8f6d1d3f52",
    });
    if code == ErrorCode::ValidationError {
        error["message"] = "title is required".into();
        error["details"] = json!([{ "field": "title", "message": "is required" }]);
    }
    if code == ErrorCode::VersionConflict {
        error["current"] = RESOURCES.iter().find_map(|resource| resource.shown.example).map(|example| example()).into();
    }
    json!({ "error": error })
}
