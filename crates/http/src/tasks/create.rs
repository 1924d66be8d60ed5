use actix_web::{
    HttpRequest, HttpResponse,
    http::{Method, StatusCode, header},
};
use domain::CreateOutcome;

use super::wire::{self, NewTask, Task};
use crate::{
    auth::owner::Owner,
    endpoint::{BodyType, Endpoint, Input, Success},
    input::{
        body::Body,
        idempotency_key::{self, IdempotencyKeyHeader},
    },
    output::{
        body::Data,
        code::ErrorCode,
        error::ApiError,
        headers::{ETAG, IDEMPOTENCY_REPLAYED, LOCATION},
    },
    public_path::PublicPath,
};

pub(super) const ENDPOINT: Endpoint = Endpoint {
    method: Method::POST,
    path: "/tasks",
    path_parameters: &[],
    name: "createTask",
    summary: "Create a task",
    description: "The read-only keys of a task are accepted and ignored. A request with an `Idempotency-Key` can be \
                  retried: the task is created once, and a retry gets the first response again.",
    input: Input::Body(BodyType::of::<NewTask>()),
    request_headers: &[idempotency_key::HEADER],
    success: Success {
        status: StatusCode::CREATED,
        body: Some(BodyType::shown::<Data<Task>>()),
        headers: &[LOCATION, IDEMPOTENCY_REPLAYED, ETAG],
    },
    errors: &[
        ErrorCode::UnknownUser,
        ErrorCode::ValidationError,
        ErrorCode::IdempotencyKeyReused,
        ErrorCode::IdempotencyKeyInUse,
        ErrorCode::QuotaExceeded,
    ],
    handler: |route| route.to(create),
};

async fn create(
    Owner(owner): Owner,
    IdempotencyKeyHeader(key): IdempotencyKeyHeader,
    request: HttpRequest,
    Body(NewTask(new)): Body<NewTask>,
) -> Result<HttpResponse, ApiError> {
    let mut response = HttpResponse::Created();
    let task = match owner.tasks().create(&new, key).await? {
        CreateOutcome::Created(task) => task,
        CreateOutcome::Replayed(task) => {
            response.insert_header((IDEMPOTENCY_REPLAYED.name, "true"));
            task
        }
        CreateOutcome::KeyReused => return Err(ApiError::new(ErrorCode::IdempotencyKeyReused)),
        CreateOutcome::KeyInUse => return Err(ApiError::new(ErrorCode::IdempotencyKeyInUse)),
        CreateOutcome::TooManyKeys => {
            return Err(ApiError::new(ErrorCode::QuotaExceeded)
                .with_message("you have used too many Idempotency-Keys: retry later, or without a key"));
        }
        CreateOutcome::QuotaReached => return Err(ApiError::new(ErrorCode::QuotaExceeded)),
    };
    // Based on the path of the request, which keeps the style.
    let location = format!("{}{}/{}", PublicPath::of(&request), request.path().trim_end_matches('/'), task.id);
    response.insert_header((header::LOCATION, location));
    wire::respond_with(&mut response, &task)
}
