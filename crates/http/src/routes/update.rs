use actix_web::{
    HttpResponse,
    http::{Method, StatusCode},
};
use domain::{CompletedChange, Description, FieldChange, Task, TaskChanges, Title, UpdateOutcome};
use serde_json::Value;

use super::{Endpoint, Input};
use crate::{
    ErrorCode,
    error::ApiError,
    etag::Demanded,
    extract::{Body, IdInPath, Owner},
    fields::{Fields, Problem, boolean, text},
    task_body,
};

/// PUT and PATCH do the same: the front ends that exist send partial bodies with both, and an update must not wipe what
/// it does not name.
pub(super) const PUT: Endpoint = Endpoint {
    method: Method::PUT,
    path: "/tasks/{id}",
    name: "putTask",
    summary: "Change a task",
    description: "Merges, exactly as PATCH does: a key that is absent keeps its value, `null` clears `description`. \
                  The read-only keys of a task are accepted and ignored.",
    input: Input::Body("TaskChanges"),
    success: (StatusCode::OK, Some("TaskResponse")),
    errors: &[ErrorCode::NotFound, ErrorCode::ValidationError, ErrorCode::VersionConflict],
    handler: |route| route.to(update),
};

/// See [`PUT`].
pub(super) const PATCH: Endpoint = Endpoint {
    method: Method::PATCH,
    name: "patchTask",
    description: "A key that is absent keeps its value, `null` clears `description`. The read-only keys of a task are \
                  accepted and ignored.",
    ..PUT
};

async fn update(
    Owner(owner): Owner,
    IdInPath(id): IdInPath,
    Demanded(precondition): Demanded,
    body: Body,
) -> Result<HttpResponse, ApiError> {
    let changes = parse(body.required()?)?;
    let task = done(owner.tasks().update(id, &changes, &precondition).await?)?;
    Ok(task_body::one(&task))
}

/// What a change gives, or why it did not take place.
pub(super) fn done<T>(outcome: UpdateOutcome<Task, T>) -> Result<T, ApiError> {
    match outcome {
        UpdateOutcome::Done(result) => Ok(result),
        UpdateOutcome::Absent => Err(ApiError::not_found()),
        UpdateOutcome::Stale(current) => Err(ApiError::version_conflict(current)),
    }
}

/// The keys of a task that clients may send back, as in `{...task, title}`, and that decide nothing.
pub(crate) const READ_ONLY: [&str; 5] = ["id", "user_id", "created_at", "updated_at", "version"];

pub(crate) fn parse(mut fields: Fields) -> Result<TaskChanges, ApiError> {
    fields.ignore(&READ_ONLY);
    if fields.is_empty() {
        fields.reject("body", "must have at least one of title, description and completed");
    }
    let title = fields.optional("title", title);
    let description = match fields.optional("description", description) {
        None => FieldChange::Keep,
        Some(None) => FieldChange::Clear,
        Some(Some(description)) => FieldChange::Set(description),
    };
    let completed =
        fields.optional("completed", |value| boolean(&value)).map_or(CompletedChange::Keep, CompletedChange::Set);
    fields.finish()?;
    Ok(TaskChanges { title, description, completed })
}

pub(super) fn title(value: Value) -> Result<Title, Problem> {
    Title::try_from(text(value)?.as_str()).map_err(|rule| rule.to_string().into())
}

/// `None` for `null`, the absence of a description.
pub(super) fn description(value: Value) -> Result<Option<Description>, Problem> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) => Description::try_from(text).map(Some).map_err(|rule| rule.to_string().into()),
        _ => Err("must be a string or null".into()),
    }
}
