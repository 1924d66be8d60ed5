//! The shapes of what goes in and out. Limits come from the domain, where they are enforced.

use domain::{Description, IdempotencyKey, OwnerId, PageLimit, Title};
use serde_json::{Value, json};

use crate::{ErrorCode, routes::READ_ONLY};

/// Every named schema.
pub(super) fn all() -> Value {
    json!({
        "Task": task(),
        "TaskResponse": envelope(&reference("Task")),
        "TaskPage": task_page(),
        "NewTask": writable(&["title"]),
        "TaskChanges": task_changes(),
        "Completion": completion(),
        "Error": error(),
        "Health": object(&["status"], &json!({ "status": ok() })),
        "Readiness": readiness(),
    })
}

/// A reference to a schema of [`all`].
pub(super) fn reference(schema: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{schema}") })
}

pub(super) fn user_id() -> Value {
    json!({
        "type": "string",
        "minLength": 1,
        "maxLength": OwnerId::MAX_CHARS,
        "pattern": "^[ -~]+$",
        "description": "The id of a user, as the token's `sub` names it.",
        "examples": ["a2eQxzd2IgtwIiVzvmeWJwhxj0piF8Zh"],
    })
}

pub(super) fn task_id() -> Value {
    json!({
        "type": "string",
        "format": "uuid",
        "pattern": "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$",
        "examples": ["019c3236-2a00-7000-8000-000000000001"],
    })
}

pub(super) fn if_none_match() -> Value {
    header_parameter("If-None-Match", "The `ETag` of what is known already.", &json!({ "type": "string" }))
}

pub(super) fn if_match() -> Value {
    let tag = r#"(W/)?"[!#-~]*""#;
    header_parameter(
        "If-Match",
        "The `ETag` of the task that was seen: `\"3\"`. Or several, or `*` for any.",
        &json!({ "anyOf": [
            { "type": "string", "const": "*" },
            { "type": "string", "pattern": format!("^{tag}( *, *{tag})*$") },
        ] }),
    )
}

pub(super) fn idempotency_key() -> Value {
    let max = IdempotencyKey::MAX_CHARS;
    let bare = format!("[!#-~][ -~]{{0,{}}}", max - 1);
    let quoted = format!(r#""([ !#-\[\]-~]|\\["\\]){{1,{max}}}""#);
    header_parameter(
        "Idempotency-Key",
        "A name for this create, unique among the user's, so that the request can be repeated: a UUID, for example. As it \
         is or in double quotes.",
        &json!({ "type": "string", "pattern": format!("^({bare}|{quoted})$") }),
    )
}

fn header_parameter(name: &str, description: &str, schema: &Value) -> Value {
    json!({ "name": name, "in": "header", "required": false, "description": description, "schema": schema })
}

pub(super) fn list_parameters() -> Vec<Value> {
    let parameter = |name, description, schema: Value| json!({ "name": name, "in": "query", "required": false, "description": description, "schema": schema });
    let limits = PageLimit::RANGE;
    vec![
        parameter(
            "limit",
            "The most tasks to send.",
            json!({
                "type": "integer",
                "minimum": limits.start(),
                "maximum": limits.end(),
                "default": PageLimit::default().get(),
            }),
        ),
        parameter(
            "cursor",
            "Where to go on: `next_cursor` of the page before.",
            json!({ "type": "string", "pattern": "^[A-Za-z0-9_-]{27}$" }),
        ),
        parameter("completed", "Only tasks that are done, or that are not.", json!({ "type": "boolean" })),
        parameter(
            "status",
            "The same filter in other words. It must not contradict `completed`.",
            json!({ "type": "string", "enum": ["all", "pending", "completed"] }),
        ),
    ]
}

/// An example of a successful response.
pub(super) fn response_example(schema: &str) -> Value {
    let task = task_example();
    match schema {
        "TaskPage" => json!({ "data": [task], "meta": { "limit": 1000, "has_more": false, "next_cursor": null } }),
        "Health" => json!({ "status": "ok" }),
        "Readiness" => json!({ "status": "ok", "checks": { "database": "ok", "migrations": "ok" } }),
        _ => json!({ "data": task }),
    }
}

/// An example of the envelope with this code.
pub(super) fn error_example(code: ErrorCode) -> Value {
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
        error["current"] = task_example();
    }
    json!({ "error": error })
}

fn object(required: &[&str], properties: &Value) -> Value {
    json!({ "type": "object", "required": required, "additionalProperties": false, "properties": properties })
}

fn envelope(data: &Value) -> Value {
    object(&["data"], &json!({ "data": data }))
}

fn title() -> Value {
    json!({
        "type": "string",
        "minLength": Title::CHARS.start(),
        "maxLength": Title::CHARS.end(),
        "pattern": r"^[^\u0000-\u001f\u007f-\u009f]*$",
        "description": "White space around it is cut. It has no control characters, and something of it is visible.",
        "examples": ["Buy groceries"],
    })
}

fn description() -> Value {
    json!({
        "type": ["string", "null"],
        "maxLength": Description::MAX_CHARS,
        "pattern": r"^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]*$",
        "description": "Kept exactly as sent. Of the control characters only tabs and line breaks are taken.",
        "examples": ["Milk, eggs, bread"],
    })
}

fn timestamp(description: &str) -> Value {
    json!({
        "type": "string",
        "format": "date-time",
        "pattern": r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$",
        "description": description,
    })
}

fn task() -> Value {
    let keys = ["id", "user_id", "title", "description", "completed", "created_at", "updated_at", "version"];
    object(
        &keys,
        &json!({
            "id": task_id(),
            "user_id": user_id(),
            "title": title(),
            "description": description(),
            "completed": { "type": "boolean" },
            "created_at": timestamp("When it was made, in UTC."),
            "updated_at": timestamp("When it was last changed, in UTC."),
            "version": { "type": "integer", "minimum": 1, "description": "One more on every change." },
        }),
    )
}

fn task_page() -> Value {
    let meta = object(
        &["limit", "has_more", "next_cursor"],
        &json!({
            "limit": { "type": "integer", "minimum": PageLimit::RANGE.start(), "maximum": PageLimit::RANGE.end() },
            "has_more": { "type": "boolean" },
            "next_cursor": { "type": ["string", "null"] },
        }),
    );
    let data = json!({ "type": "array", "items": reference("Task"), "maxItems": PageLimit::RANGE.end() });
    object(&["data", "meta"], &json!({ "data": data, "meta": meta }))
}

/// What a client may write of a task, besides the read-only keys, which are ignored.
fn writable(required: &[&str]) -> Value {
    let mut properties = json!({
        "title": title(),
        "description": description(),
        "completed": { "type": "boolean" },
    });
    for key in READ_ONLY {
        properties[key] = ignored();
    }
    let mut schema = object(required, &properties);
    schema["examples"] = json!([{ "title": "Buy groceries", "description": "Milk, eggs, bread" }]);
    schema
}

/// At least one writable key, whichever it is.
fn task_changes() -> Value {
    let mut schema = writable(&[]);
    schema["not"] = json!({ "propertyNames": { "enum": READ_ONLY } });
    schema
}

/// A key that may be sent back as it came.
fn ignored() -> Value {
    json!({ "description": "Ignored.", "deprecated": true })
}

fn completion() -> Value {
    let mut properties = json!({ "completed": { "type": "boolean" } });
    for key in READ_ONLY {
        properties[key] = ignored();
    }
    let mut schema = object(&[], &properties);
    schema["examples"] = json!([{ "completed": true }]);
    schema
}

fn ok() -> Value {
    json!({ "type": "string", "const": "ok" })
}

fn readiness() -> Value {
    let checks = json!({
        "type": "object",
        "additionalProperties": ok(),
        "description": "What was looked at, each by its name. Where something is not ready the answer is 503, and `details` names it.",
    });
    object(&["status", "checks"], &json!({ "status": ok(), "checks": checks }))
}

fn error() -> Value {
    let detail =
        object(&["field", "message"], &json!({ "field": { "type": "string" }, "message": { "type": "string" } }));
    let body = object(
        &["code", "message", "request_id"],
        &json!({
            "code": { "type": "string", "examples": ["NOT_FOUND"] },
            "message": { "type": "string", "description": "For people. It may change; `code` does not." },
            "details": { "type": "array", "items": detail, "description": "Every field at fault." },
            "current": reference("Task"),
            "request_id": { "type": "string" },
        }),
    );
    object(&["error"], &json!({ "error": body }))
}

fn task_example() -> Value {
    json!({
        "id": "019c3236-2a00-7000-8000-000000000001",
        "user_id": "a2eQxzd2IgtwIiVzvmeWJwhxj0piF8Zh",
        "title": "Buy groceries",
        "description": "Milk, eggs, bread",
        "completed": false,
        "created_at": "2026-02-06T10:00:00.000Z",
        "updated_at": "2026-02-06T10:00:00.000Z",
        "version": 1,
    })
}
