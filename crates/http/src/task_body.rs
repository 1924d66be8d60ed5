//! A task as a client sees it.

use std::fmt::Display;

use actix_web::{
    HttpResponse,
    http::{
        StatusCode,
        header::{ETAG, LOCATION},
    },
};
use domain::{Description, Page, Task, TaskId, TaskQuery, Timestamp};
use serde::{Serialize, Serializer};

use crate::{cursor, etag, idempotency::IDEMPOTENCY_REPLAYED};

/// All keys are always there; absent text is `null`.
#[derive(Serialize)]
pub(crate) struct TaskBody<'a> {
    #[serde(serialize_with = "display")]
    id: TaskId,
    user_id: &'a str,
    title: &'a str,
    description: Option<&'a str>,
    completed: bool,
    #[serde(serialize_with = "display")]
    created_at: Timestamp,
    #[serde(serialize_with = "display")]
    updated_at: Timestamp,
    version: i64,
}

impl<'a> From<&'a Task> for TaskBody<'a> {
    fn from(task: &'a Task) -> Self {
        Self {
            id: task.id,
            user_id: task.owner.as_str(),
            title: task.title.as_str(),
            description: task.description.as_ref().map(Description::as_str),
            completed: task.completed,
            created_at: task.created_at,
            updated_at: task.updated_at,
            version: task.version.get(),
        }
    }
}

#[derive(Serialize)]
struct One<'a> {
    data: TaskBody<'a>,
}

#[derive(Serialize)]
struct Many<'a> {
    data: Vec<TaskBody<'a>>,
    meta: Meta,
}

#[derive(Serialize)]
struct Meta {
    limit: u16,
    has_more: bool,
    next_cursor: Option<String>,
}

fn display<T: Display, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

/// A response with one task.
pub(crate) fn one(task: &Task) -> HttpResponse {
    HttpResponse::Ok().insert_header((ETAG, etag::of_task(task))).json(One { data: task.into() })
}

/// The response to a create, with the place where the task is found.
pub(crate) fn created(task: &Task, location: &str, is_replay: bool) -> HttpResponse {
    let mut response = HttpResponse::build(StatusCode::CREATED);
    response.insert_header((LOCATION, location)).insert_header((ETAG, etag::of_task(task)));
    if is_replay {
        response.insert_header((IDEMPOTENCY_REPLAYED, "true"));
    }
    response.json(One { data: task.into() })
}

/// A response with a page of tasks.
pub(crate) fn page(query: &TaskQuery, page: &Page) -> HttpResponse {
    HttpResponse::Ok().insert_header((ETAG, etag::of_page(query, page))).json(Many {
        data: page.tasks.iter().map(TaskBody::from).collect(),
        meta: Meta { limit: query.limit.get(), has_more: page.has_more, next_cursor: page.next().map(cursor::encode) },
    })
}
