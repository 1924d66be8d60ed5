use actix_web::{
    HttpRequest, HttpResponse,
    http::{Method, StatusCode},
};
use domain::NewTask;

use super::{
    Endpoint, Input,
    update::{READ_ONLY, description, title},
};
use crate::{
    ErrorCode,
    error::ApiError,
    extract::{Body, Tasks},
    fields::{Fields, boolean},
    task_body,
};

pub(super) const ENDPOINT: Endpoint = Endpoint {
    method: Method::POST,
    path: "/tasks",
    name: "createTask",
    summary: "Create a task",
    description: "The read-only keys of a task are accepted and ignored.",
    input: Input::Body("NewTask"),
    success: (StatusCode::CREATED, Some("TaskResponse")),
    errors: &[ErrorCode::ValidationError],
    handler: |route| route.to(create),
};

async fn create(Tasks(tasks): Tasks, request: HttpRequest, body: Body) -> Result<HttpResponse, ApiError> {
    let task = tasks.create(&parse(body.required()?)?).await?;
    // Relative to the path the client used, so that it stays in its style and behind its proxy.
    let location = format!("{}/{}", request.path().trim_end_matches('/'), task.id);
    Ok(task_body::created(&task, &location))
}

fn parse(mut fields: Fields) -> Result<NewTask, ApiError> {
    let title = fields.required("title", title);
    let description = fields.optional("description", description).flatten();
    let completed = fields.optional("completed", |value| boolean(&value)).unwrap_or(false);
    fields.ignore(&READ_ONLY);
    fields.finish()?;
    let title = title.ok_or_else(|| ApiError::internal("a title was neither parsed nor rejected"))?;
    Ok(NewTask { title, description, completed })
}
