use actix_web::{
    HttpResponse,
    http::{Method, StatusCode},
};
use domain::TaskId;

use super::{outcome::done, wire};
use crate::{
    auth::owner::Owner,
    endpoint::{Endpoint, Input, Success},
    input::{
        if_match::{self, IfMatch},
        path::IdInPath,
    },
    output::{code::ErrorCode, error::ApiError},
};

pub(super) const ENDPOINT: Endpoint = Endpoint {
    method: Method::DELETE,
    path: "/tasks/{id}",
    path_parameters: &[wire::ID],
    name: "deleteTask",
    summary: "Delete a task",
    description: "Deleting it again returns 404.",
    input: Input::Nothing,
    request_headers: &[if_match::HEADER],
    success: Success { status: StatusCode::NO_CONTENT, body: None, headers: &[] },
    errors: &[ErrorCode::NotFound, ErrorCode::ValidationError, ErrorCode::VersionConflict],
    handler: |route| route.to(delete),
};

async fn delete(
    Owner(owner): Owner,
    IdInPath(id): IdInPath<TaskId>,
    IfMatch(precondition): IfMatch,
) -> Result<HttpResponse, ApiError> {
    done(owner.tasks().delete(id, &precondition).await?)?;
    Ok(HttpResponse::NoContent().finish())
}
