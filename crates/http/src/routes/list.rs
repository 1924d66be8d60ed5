use actix_web::{
    HttpRequest, HttpResponse,
    http::{Method, StatusCode},
};
use domain::{PageLimit, TaskId, TaskQuery};
use serde_json::Value;

use super::{Endpoint, Input};
use crate::{
    ErrorCode, cursor,
    error::ApiError,
    etag,
    extract::{Owner, Query},
    fields::{Fields, Problem, text},
    task_body,
};

pub(super) const ENDPOINT: Endpoint = Endpoint {
    method: Method::GET,
    path: "/tasks",
    name: "listTasks",
    summary: "List my tasks, newest first",
    description: "Without `limit` a page holds up to 1000 tasks. While `has_more` is true, `next_cursor` leads on. \
                  With `If-None-Match` and the page's `ETag` the answer is 304 while nothing on it has changed.",
    input: Input::ListQuery,
    success: (StatusCode::OK, Some("TaskPage")),
    errors: &[ErrorCode::ValidationError],
    handler: |route| route.to(list),
};

async fn list(Owner(owner): Owner, Query(fields): Query, request: HttpRequest) -> Result<HttpResponse, ApiError> {
    let query = parse(fields)?;
    let page = owner.tasks().list(&query).await?;
    Ok(etag::unless_known(&request, task_body::page(&query, &page)))
}

pub(crate) fn parse(mut fields: Fields) -> Result<TaskQuery, ApiError> {
    let limit = fields.optional("limit", limit);
    let older_than = fields.optional("cursor", cursor);
    let completed = fields.optional("completed", completed);
    let status = fields.optional("status", status);
    if let (Some(completed), Some(status)) = (completed, status)
        && status != Some(completed)
    {
        fields.reject("status", "contradicts completed: send one of them");
    }
    fields.finish()?;
    Ok(TaskQuery { completed: completed.or(status.flatten()), older_than, limit: limit.unwrap_or_default() })
}

fn limit(value: Value) -> Result<PageLimit, Problem> {
    let text = text(value)?;
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let limit = text.parse().ok().filter(|_| digits).and_then(PageLimit::new);
    limit.ok_or_else(|| {
        format!("must be a number from {} to {}", PageLimit::RANGE.start(), PageLimit::RANGE.end()).into()
    })
}

fn cursor(value: Value) -> Result<TaskId, Problem> {
    cursor::decode(&text(value)?).ok_or("must be the next_cursor of an earlier page".into())
}

fn completed(value: Value) -> Result<bool, Problem> {
    text(value)?.parse().map_err(|_neither| "must be true or false".into())
}

/// The older name of the filter: `all` means none.
fn status(value: Value) -> Result<Option<bool>, Problem> {
    match text(value)?.as_str() {
        "all" => Ok(None),
        "pending" => Ok(Some(false)),
        "completed" => Ok(Some(true)),
        _ => Err("must be all, pending or completed".into()),
    }
}
