use actix_web::{
    HttpRequest, HttpResponse,
    http::{Method, StatusCode},
};
use domain::TaskId;

use super::wire::{self, Task};
use crate::{
    auth::owner::Owner,
    endpoint::{BodyType, Endpoint, Input, Success},
    input::{
        if_none_match::{self, not_modified},
        path::IdInPath,
    },
    output::{body::Data, code::ErrorCode, error::ApiError, etag, headers::ETAG},
};

pub(super) const ENDPOINT: Endpoint = Endpoint {
    method: Method::GET,
    path: "/tasks/{id}",
    path_parameters: &[wire::ID],
    name: "getTask",
    summary: "Get one task",
    description: "With the task's `ETag` in `If-None-Match` the response is 304 as long as the task has not changed.",
    input: Input::Nothing,
    request_headers: &[if_none_match::HEADER],
    success: Success { status: StatusCode::OK, body: Some(BodyType::shown::<Data<Task>>()), headers: &[ETAG] },
    errors: &[ErrorCode::NotFound],
    handler: |route| route.to(get),
};

async fn get(
    Owner(owner): Owner,
    IdInPath(id): IdInPath<TaskId>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let task = owner.tasks().get(id).await?.ok_or_else(ApiError::not_found)?;
    match not_modified(&request, &etag::of_version(task.version)) {
        Some(response) => Ok(response),
        None => wire::respond_with(&mut HttpResponse::Ok(), &task),
    }
}
