use actix_web::{
    HttpResponse,
    http::{Method, StatusCode},
};
use domain::TaskId;

use super::{
    outcome::done,
    wire::{self, Completion, Task},
};
use crate::{
    auth::owner::Owner,
    endpoint::{BodyType, Endpoint, Input, Success},
    input::{
        body::OptionalBody,
        if_match::{self, IfMatch},
        path::IdInPath,
    },
    output::{body::Data, code::ErrorCode, error::ApiError, headers::ETAG},
};

pub(super) const ENDPOINT: Endpoint = Endpoint {
    method: Method::PATCH,
    path: "/tasks/{id}/complete",
    path_parameters: &[wire::ID],
    name: "completeTask",
    summary: "Mark a task as done or not done",
    description: "Without a body, or with `{}`, `completed` is toggled. With `completed` it is set, so that a retry is \
                  safe.",
    input: Input::OptionalBody(BodyType::of::<Completion>()),
    request_headers: &[if_match::HEADER],
    success: Success { status: StatusCode::OK, body: Some(BodyType::shown::<Data<Task>>()), headers: &[ETAG] },
    errors: &[ErrorCode::NotFound, ErrorCode::ValidationError, ErrorCode::VersionConflict],
    handler: |route| route.to(complete),
};

async fn complete(
    Owner(owner): Owner,
    IdInPath(id): IdInPath<TaskId>,
    IfMatch(precondition): IfMatch,
    OptionalBody(Completion(completed)): OptionalBody<Completion>,
) -> Result<HttpResponse, ApiError> {
    let task = done(owner.tasks().complete(id, completed, &precondition).await?)?;
    wire::respond_with(&mut HttpResponse::Ok(), &task)
}
