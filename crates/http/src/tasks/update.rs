use actix_web::{
    HttpResponse,
    http::{Method, StatusCode},
};
use domain::TaskId;

use super::{
    outcome::done,
    wire::{self, Changes, Task},
};
use crate::{
    auth::owner::Owner,
    endpoint::{BodyType, Endpoint, Input, Success},
    input::{
        body::Body,
        if_match::{self, IfMatch},
        path::IdInPath,
    },
    output::{body::Data, code::ErrorCode, error::ApiError, headers::ETAG},
};

/// PUT does the same as PATCH: existing front ends send partial bodies with both, and an update must not clear what the
/// body does not name.
pub(super) const PUT: Endpoint = Endpoint {
    method: Method::PUT,
    path: "/tasks/{id}",
    path_parameters: &[wire::ID],
    name: "putTask",
    summary: "Change a task",
    description: "Merges, exactly as PATCH does: a key that is absent keeps its value, `null` clears `description`. \
                  The read-only keys of a task are accepted and ignored.",
    input: Input::Body(BodyType::of::<Changes>()),
    request_headers: &[if_match::HEADER],
    success: Success { status: StatusCode::OK, body: Some(BodyType::shown::<Data<Task>>()), headers: &[ETAG] },
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
    IdInPath(id): IdInPath<TaskId>,
    IfMatch(precondition): IfMatch,
    Body(Changes(changes)): Body<Changes>,
) -> Result<HttpResponse, ApiError> {
    let task = done(owner.tasks().update(id, &changes, &precondition).await?)?;
    wire::respond_with(&mut HttpResponse::Ok(), &task)
}
