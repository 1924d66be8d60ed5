use actix_web::{
    HttpResponse,
    http::{Method, StatusCode},
};
use domain::CompletedChange;

use super::{Endpoint, Input, READ_ONLY, update::done};
use crate::{
    ErrorCode,
    error::ApiError,
    etag::Demanded,
    extract::{Body, IdInPath, Owner},
    fields::{Fields, boolean},
    task_body,
};

pub(super) const ENDPOINT: Endpoint = Endpoint {
    method: Method::PATCH,
    path: "/tasks/{id}/complete",
    name: "completeTask",
    summary: "Mark a task as done or not done",
    description: "Without a body, or with `{}`, the mark is toggled. With `completed` it is set, so that a repeated \
                  request does no harm.",
    input: Input::OptionalBody("Completion"),
    success: (StatusCode::OK, Some("TaskResponse")),
    errors: &[ErrorCode::NotFound, ErrorCode::ValidationError, ErrorCode::VersionConflict],
    handler: |route| route.to(complete),
};

async fn complete(
    Owner(owner): Owner,
    IdInPath(id): IdInPath,
    Demanded(precondition): Demanded,
    body: Body,
) -> Result<HttpResponse, ApiError> {
    let completed = parse(body.0.unwrap_or_default())?;
    let task = done(owner.tasks().complete(id, completed, &precondition).await?)?;
    Ok(task_body::one(&task))
}

pub(crate) fn parse(mut fields: Fields) -> Result<CompletedChange, ApiError> {
    let completed = fields.optional("completed", |value| boolean(&value));
    fields.ignore(&READ_ONLY);
    fields.finish()?;
    Ok(completed.map_or(CompletedChange::Toggle, CompletedChange::Set))
}
