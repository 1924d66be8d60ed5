use actix_web::{
    HttpRequest, HttpResponse,
    http::{Method, StatusCode},
};

use super::{Endpoint, Input};
use crate::{
    ErrorCode,
    error::ApiError,
    etag,
    extract::{IdInPath, Owner},
    task_body,
};

pub(super) const ENDPOINT: Endpoint = Endpoint {
    method: Method::GET,
    path: "/tasks/{id}",
    name: "getTask",
    summary: "Get one task",
    description: "With `If-None-Match` and the task's `ETag` the answer is 304 while it has not changed.",
    input: Input::Nothing,
    success: (StatusCode::OK, Some("TaskResponse")),
    errors: &[ErrorCode::NotFound],
    handler: |route| route.to(get),
};

async fn get(Owner(owner): Owner, IdInPath(id): IdInPath, request: HttpRequest) -> Result<HttpResponse, ApiError> {
    let task = owner.tasks().get(id).await?.ok_or_else(ApiError::not_found)?;
    Ok(etag::unless_known(&request, task_body::one(&task)))
}
