use actix_web::{
    HttpRequest, HttpResponse,
    http::{Method, StatusCode},
};
use domain::{CreateOutcome, NewTask};

use super::{
    Endpoint, Input,
    update::{READ_ONLY, description, title},
};
use crate::{
    ErrorCode,
    error::ApiError,
    extract::{Body, Owner},
    fields::{Fields, boolean},
    idempotency::KeyInHeaders,
    task_body,
};

pub(super) const ENDPOINT: Endpoint = Endpoint {
    method: Method::POST,
    path: "/tasks",
    name: "createTask",
    summary: "Create a task",
    description: "The read-only keys of a task are accepted and ignored. A request with an `Idempotency-Key` can be \
        repeated: the task is created once, and the first response is given again.",
    input: Input::Body("NewTask"),
    success: (StatusCode::CREATED, Some("TaskResponse")),
    errors: &[
        ErrorCode::ValidationError,
        ErrorCode::IdempotencyKeyReused,
        ErrorCode::IdempotencyKeyInUse,
        ErrorCode::QuotaExceeded,
    ],
    handler: |route| route.to(create),
};

async fn create(
    Owner(owner): Owner,
    KeyInHeaders(key): KeyInHeaders,
    request: HttpRequest,
    body: Body,
) -> Result<HttpResponse, ApiError> {
    let (task, is_replay) = match owner.tasks().create(&parse(body.required()?)?, key).await? {
        CreateOutcome::Created(task) => (task, false),
        CreateOutcome::Replayed(task) => (task, true),
        CreateOutcome::KeyReused => return Err(ApiError::new(ErrorCode::IdempotencyKeyReused)),
        CreateOutcome::KeyInUse => return Err(ApiError::key_in_use()),
        CreateOutcome::QuotaReached => return Err(ApiError::new(ErrorCode::QuotaExceeded)),
    };
    // Relative to the path the client used, so that it stays in its style and behind its proxy.
    let location = format!("{}/{}", request.path().trim_end_matches('/'), task.id);
    Ok(task_body::created(&task, &location, is_replay))
}

pub(crate) fn parse(mut fields: Fields) -> Result<NewTask, ApiError> {
    let title = fields.required("title", title);
    let description = fields.optional("description", description).flatten();
    let completed = fields.optional("completed", |value| boolean(&value)).unwrap_or(false);
    fields.ignore(&READ_ONLY);
    fields.finish()?;
    let title = title.ok_or_else(|| ApiError::internal("a title was neither parsed nor rejected"))?;
    Ok(NewTask { title, description, completed })
}
