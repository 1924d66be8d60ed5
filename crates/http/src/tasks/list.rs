use actix_web::{
    HttpRequest, HttpResponse,
    http::{Method, StatusCode, header},
};
use domain::{PageLimit, TaskId, TaskQuery};
use schemars::{Schema, json_schema};
use validator::ValidationErrors;

use super::wire::Task;
use crate::{
    auth::owner::Owner,
    endpoint::{BodyType, Endpoint, Input, Parameters, Success},
    input::{
        fields::{Fields, InputFields, input},
        if_none_match::{self, not_modified},
        query::{FromParameters, Query},
    },
    output::{
        body::{Meta, Page, respond},
        code::ErrorCode,
        cursor::Cursor,
        error::ApiError,
        etag,
        headers::ETAG,
    },
    wire::{Described, Problem, Read, Shown},
};

pub(super) const ENDPOINT: Endpoint = Endpoint {
    method: Method::GET,
    path: "/tasks",
    path_parameters: &[],
    name: "listTasks",
    summary: "List my tasks, newest first",
    description: "Without `limit` a page holds up to 1000 tasks, and at most 4 MiB of titles and descriptions. While `has_more` is true, `next_cursor` leads to the \
                  next page. With the page's `ETag` in `If-None-Match` the response is 304 as long as nothing on the \
                  page has changed.",
    input: Input::Query(Parameters::of::<ListInput>()),
    request_headers: &[if_none_match::HEADER],
    success: Success { status: StatusCode::OK, body: Some(BodyType::shown::<Page<Task>>()), headers: &[ETAG] },
    errors: &[ErrorCode::ValidationError],
    handler: |route| route.to(list),
};

async fn list(
    Owner(owner): Owner,
    Query(ListQuery(query)): Query<ListQuery>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let page = owner.tasks().list(&query).await?;
    let versions = page.items.iter().map(|task| (task.id, task.version));
    let tag = etag::of_page(query.limit, page.has_more, versions);
    if let Some(response) = not_modified(&request, &tag) {
        return Ok(response);
    }
    let meta = Meta {
        limit: Shown(query.limit),
        has_more: page.has_more,
        next_cursor: page.last_before_next().map(|task| Cursor(*task.id.as_uuid()).encode()),
    };
    let data: Vec<Task> = page.items.iter().map(Task::from).collect();
    let size = 128 + data.iter().map(Task::size).sum::<usize>();
    respond(HttpResponse::Ok().insert_header((header::ETAG, tag)), &Page { data, meta }, size)
}

input! {
    struct ListInput: InputFields<String> {
        /// The most tasks to return.
        limit: PageLimit,
        /// Where the page begins: `next_cursor` of the page before.
        cursor: Cursor,
        /// Only tasks that are done, or only tasks that are not.
        completed: bool,
        /// The same filter by another name. It must not contradict `completed`.
        status: Status,
    }
}

/// The parameters of a list.
pub(crate) struct ListQuery(pub(crate) TaskQuery);

impl FromParameters for ListQuery {
    fn from_parameters(mut parameters: Fields<String>) -> Result<Self, ValidationErrors> {
        let ListInput { limit, cursor, completed, status } = ListInput::take(&mut parameters);
        if let (Some(completed), Some(Status(status))) = (completed, status)
            && status != Some(completed)
        {
            parameters.reject("status", "contradicts completed: send one of them");
        }
        parameters.finish()?;
        Ok(Self(TaskQuery {
            completed: completed.or(status.and_then(|Status(completed)| completed)),
            older_than: cursor.map(|Cursor(id)| TaskId::from(id)),
            limit: limit.unwrap_or_default(),
        }))
    }
}

/// The older form of the filter. `all` means no filter.
#[derive(Clone, Copy)]
struct Status(Option<bool>);

impl Status {
    const NAMES: [(&'static str, Option<bool>); 3] =
        [("all", None), ("pending", Some(false)), ("completed", Some(true))];
}

impl Described for Status {
    fn schema() -> Schema {
        json_schema!({ "type": "string", "enum": Self::NAMES.map(|(name, _)| name) })
    }
}

impl Read<String> for Status {
    fn read(text: String) -> Result<Self, Problem> {
        let named = Self::NAMES.into_iter().find(|(name, _)| *name == text);
        named.map(|(_, completed)| Self(completed)).ok_or("must be all, pending or completed".into())
    }
}
