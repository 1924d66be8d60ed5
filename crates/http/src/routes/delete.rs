use actix_web::{
    HttpResponse,
    http::{Method, StatusCode},
};

use super::{Endpoint, Input, update::done};
use crate::{
    ErrorCode,
    error::ApiError,
    etag::Demanded,
    extract::{IdInPath, Owner},
};

pub(super) const ENDPOINT: Endpoint = Endpoint {
    method: Method::DELETE,
    path: "/tasks/{id}",
    name: "deleteTask",
    summary: "Delete a task",
    description: "A second time the task is not found.",
    input: Input::Nothing,
    success: (StatusCode::NO_CONTENT, None),
    errors: &[ErrorCode::NotFound, ErrorCode::ValidationError, ErrorCode::VersionConflict],
    handler: |route| route.to(delete),
};

async fn delete(
    Owner(owner): Owner,
    IdInPath(id): IdInPath,
    Demanded(precondition): Demanded,
) -> Result<HttpResponse, ApiError> {
    done(owner.tasks().delete(id, &precondition).await?)?;
    Ok(HttpResponse::NoContent().finish())
}
