use actix_web::{
    HttpResponse,
    http::{Method, StatusCode},
};

use super::{Endpoint, Input};
use crate::{
    ErrorCode,
    error::ApiError,
    extract::{IdInPath, Tasks},
    task_body,
};

pub(super) const ENDPOINT: Endpoint = Endpoint {
    method: Method::GET,
    path: "/tasks/{id}",
    name: "getTask",
    summary: "Get one task",
    description: "",
    input: Input::Nothing,
    success: (StatusCode::OK, Some("TaskResponse")),
    errors: &[ErrorCode::NotFound],
    handler: |route| route.to(get),
};

async fn get(Tasks(tasks): Tasks, IdInPath(id): IdInPath) -> Result<HttpResponse, ApiError> {
    let task = tasks.get(id).await?.ok_or_else(ApiError::not_found)?;
    Ok(task_body::one(&task))
}
