//! A task as a client sees it.
//!
//! Written by hand, straight into the text of the response: to write a list of tasks is most of what the service itself has to
//! do for it, and serde looks at each letter of each key and value anew.

use actix_web::{
    HttpResponse, HttpResponseBuilder,
    http::{
        StatusCode,
        header::{CONTENT_TYPE, ETAG, HeaderValue, LOCATION},
    },
};
use domain::{Description, Page, Task, TaskQuery, Timestamp};
use serde_json::Value;
use uuid::fmt::Hyphenated;

use crate::{cursor, etag, idempotency::IDEMPOTENCY_REPLAYED};

/// How much space a task takes besides its texts: keys, punctuation, and values of a known length. A few bytes too many do no
/// harm.
const FRAME_BYTES: usize = 256;

/// A task as a JSON object. All keys are always there; absent text is `null`.
pub(crate) fn json(task: &Task) -> String {
    let mut json = String::with_capacity(room_for(task));
    write(task, &mut json);
    json
}

fn room_for(task: &Task) -> usize {
    let description = task.description.as_ref().map_or(0, |description| description.as_str().len());
    FRAME_BYTES + task.owner.as_str().len() + task.title.as_str().len() + description
}

fn write(task: &Task, json: &mut String) {
    json.push_str(r#"{"id":""#);
    json.push_str(task.id.as_uuid().hyphenated().encode_lower(&mut [0; Hyphenated::LENGTH]));
    json.push_str(r#"","user_id":"#);
    write_text(task.owner.as_str(), json);
    json.push_str(r#","title":"#);
    write_text(task.title.as_str(), json);
    json.push_str(r#","description":"#);
    match task.description.as_ref().map(Description::as_str) {
        Some(description) => write_text(description, json),
        None => json.push_str("null"),
    }
    json.push_str(r#","completed":"#);
    json.push_str(if task.completed { "true" } else { "false" });
    json.push_str(r#","created_at":""#);
    json.push_str(task.created_at.encode(&mut [0; Timestamp::MAX_BYTES]));
    json.push_str(r#"","updated_at":""#);
    json.push_str(task.updated_at.encode(&mut [0; Timestamp::MAX_BYTES]));
    json.push_str(r#"","version":"#);
    json.push_str(&task.version.get().to_string());
    json.push('}');
}

fn write_text(text: &str, json: &mut String) {
    if is_plain(text) {
        json.push('"');
        json.push_str(text);
        json.push('"');
    } else {
        json.push_str(&Value::from(text).to_string());
    }
}

/// Whether nothing in a text needs an escape. All bytes are looked at, whatever the first ones are, so that the compiler can
/// look at many at once.
fn is_plain(text: &str) -> bool {
    text.bytes().fold(true, |plain, byte| plain & !matches!(byte, ..b' ' | b'"' | b'\\'))
}

fn respond_with(json: String, response: &mut HttpResponseBuilder) -> HttpResponse {
    response.insert_header((CONTENT_TYPE, HeaderValue::from_static("application/json"))).body(json)
}

fn data(task: &Task) -> String {
    const MEMBER: &str = r#"{"data":"#;

    let mut json = String::with_capacity(MEMBER.len() + room_for(task) + 1);
    json.push_str(MEMBER);
    write(task, &mut json);
    json.push('}');
    json
}

/// A response with one task.
pub(crate) fn one(task: &Task) -> HttpResponse {
    respond_with(data(task), HttpResponse::Ok().insert_header((ETAG, etag::of_task(task))))
}

/// The response to a create, with the place where the task is found.
pub(crate) fn created(task: &Task, location: &str, is_replay: bool) -> HttpResponse {
    let mut response = HttpResponse::build(StatusCode::CREATED);
    response.insert_header((LOCATION, location)).insert_header((ETAG, etag::of_task(task)));
    if is_replay {
        response.insert_header((IDEMPOTENCY_REPLAYED, "true"));
    }
    respond_with(data(task), &mut response)
}

/// A response with a page of tasks.
pub(crate) fn page(query: &TaskQuery, page: &Page<Task>) -> HttpResponse {
    let limit = query.limit.get();
    let has_more = page.has_more;
    let next_cursor =
        page.last_before_next().map_or("null".to_owned(), |task| format!("\"{}\"", cursor::encode(task.id)));
    let meta = format!(r#"],"meta":{{"limit":{limit},"has_more":{has_more},"next_cursor":{next_cursor}}}}}"#);

    let room = page.items.iter().map(room_for).sum::<usize>() + meta.len();
    let mut json = String::with_capacity(room + r#"{"data":["#.len());
    json.push_str(r#"{"data":["#);
    for (at, task) in page.items.iter().enumerate() {
        if at > 0 {
            json.push(',');
        }
        write(task, &mut json);
    }
    json.push_str(&meta);
    respond_with(json, HttpResponse::Ok().insert_header((ETAG, etag::of_page(query, page))))
}

#[cfg(test)]
mod tests;
