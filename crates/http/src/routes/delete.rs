use actix_web::{
    HttpResponse,
    http::{Method, StatusCode},
};

use super::{Endpoint, Input};
use crate::{
    ErrorCode,
    error::ApiError,
    extract::{IdInPath, Tasks},
};

pub(super) const ENDPOINT: Endpoint = Endpoint {
    method: Method::DELETE,
    path: "/tasks/{id}",
    name: "deleteTask",
    summary: "Delete a task",
    description: "A second time the task is not found.",
    input: Input::Nothing,
    success: (StatusCode::NO_CONTENT, None),
    errors: &[ErrorCode::NotFound],
    handler: |route| route.to(delete),
};

async fn delete(Tasks(tasks): Tasks, IdInPath(id): IdInPath) -> Result<HttpResponse, ApiError> {
    if tasks.delete(id).await? { Ok(HttpResponse::NoContent().finish()) } else { Err(ApiError::not_found()) }
}
