//! Requests and responses as HTTP.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};
use tokio::time::timeout;

use super::model::{Answer, Completed, Description, Name, Owner, Request, Seen, State};
use crate::{
    context::PRIVATE,
    http::{Client, Response},
    promises::Failure,
};

/// How long a hasty client waits before it disconnects: about as long as the service takes, so that some of its requests are
/// executed.
const HASTE: Duration = Duration::from_millis(2);

/// How to send a request.
#[derive(Debug, Default)]
pub(crate) struct Manner {
    /// The id of the task.
    pub(crate) id: String,
    /// The user that the path names, if any.
    pub(crate) in_path: Option<Owner>,
    /// The user that the body names, if any. The service must ignore it.
    pub(crate) in_body: Option<Owner>,
    /// The cursor of the page to list. `None` for the first page.
    pub(crate) cursor: Option<String>,
    /// PUT instead of PATCH, which does the same.
    pub(crate) put: bool,
    /// Disconnect after [`HASTE`], without waiting for the response.
    pub(crate) hastily: bool,
}

/// The outcome of a request. By default nothing is known.
pub(crate) struct Told {
    pub(crate) answer: Answer,
    pub(crate) failure: Option<Failure>,
    /// The response as text.
    pub(crate) text: String,
    pub(crate) next_cursor: Option<String>,
}

impl Default for Told {
    fn default() -> Self {
        Self { answer: Answer::Unknown, failure: None, text: String::new(), next_cursor: None }
    }
}

/// Sends a request and reads the response.
pub(crate) async fn ask(client: &mut Client, owner: Owner, request: &Request, manner: &Manner) -> anyhow::Result<Told> {
    let (method, path) = line(request, manner);
    let headers = headers(request);
    let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let body = body(owner, request, manner);
    let patience = if manner.hastily { HASTE } else { Duration::MAX };
    let response = match timeout(patience, client.send(method, &path, &headers, body.as_ref())).await {
        Ok(Ok(response)) => response,
        Ok(Err(failure)) => return Ok(failed(failure, String::new())),
        Err(_elapsed) => return Ok(Told::default()),
    };
    let json = response.json();
    let text = format!("{json} {:?} {:?}", response.header("etag"), response.header("location"));
    match answer_in(owner, request, manner, &response, &json).with_context(|| format!("{request:?}: {text}"))? {
        Ok(answer) => {
            let next_cursor = json["meta"]["next_cursor"].as_str().map(str::to_owned);
            Ok(Told { answer, text, next_cursor, ..Told::default() })
        }
        Err(failure) => Ok(failed(failure, text)),
    }
}

fn failed(failure: Failure, text: String) -> Told {
    let answer = match failure {
        Failure::Refused | Failure::Status(400..500) => Answer::Rejected,
        _ => Answer::Unknown,
    };
    Told { answer, failure: Some(failure), text, ..Told::default() }
}

fn line(request: &Request, manner: &Manner) -> (&'static str, String) {
    let tasks = manner.in_path.map_or("/api/tasks".to_owned(), |owner| format!("/api/{owner}/tasks"));
    let task = format!("{tasks}/{}", manner.id);
    match request {
        Request::Create { .. } => ("POST", tasks),
        Request::Get { .. } => ("GET", task),
        Request::List { completed, whole } => {
            let completed = completed.map(|completed| format!("completed={completed}"));
            let limit = (!whole).then(|| "limit=2".to_owned());
            let cursor = manner.cursor.as_ref().map(|cursor| format!("cursor={cursor}"));
            let query: Vec<String> = [completed, limit, cursor].into_iter().flatten().collect();
            ("GET", format!("{tasks}?{}", query.join("&")))
        }
        Request::Change { change, .. } if change.is_completion() => ("PATCH", format!("{task}/complete")),
        Request::Change { .. } if manner.put => ("PUT", task),
        Request::Change { .. } => ("PATCH", task),
        Request::Delete { .. } => ("DELETE", task),
    }
}

fn headers(request: &Request) -> Vec<(&'static str, String)> {
    match request {
        // The same keys for all users.
        Request::Create { name, has_key: true, .. } => vec![("Idempotency-Key", format!("key-{}", name.number))],
        Request::Get { if_none_match: Some(version), .. } => vec![("If-None-Match", tag(*version))],
        Request::Change { if_match: Some(version), .. } | Request::Delete { if_match: Some(version), .. } => {
            vec![("If-Match", tag(*version))]
        }
        _ => Vec::new(),
    }
}

fn tag(version: u32) -> String {
    format!("\"{version}\"")
}

fn body(owner: Owner, request: &Request, manner: &Manner) -> Option<Value> {
    // The texts name the writing user, even if the task belongs to another user.
    let title = |name: &Name, number: u32| json!(format!("{PRIVATE} of {owner}, task {}, title {number}", name.number));
    let words = |number: u32| json!(format!("{PRIVATE} of {owner}, words {number}"));
    let mut body = json!({});
    match request {
        Request::Create { name, first, .. } => {
            body["title"] = title(name, first.title);
            body["description"] = first.description.map_or(Value::Null, words);
            body["completed"] = first.completed.into();
        }
        Request::Change { name, change, .. } => {
            if let Some(number) = change.title {
                body["title"] = title(name, number);
            }
            match change.description {
                Description::Keep => {}
                Description::Clear => body["description"] = Value::Null,
                Description::Set(number) => body["description"] = words(number),
            }
            if let Completed::Set(completed) = change.completed {
                body["completed"] = completed.into();
            }
        }
        _ => return None,
    }
    if let Some(other) = manner.in_body {
        body["user_id"] = other.to_string().into();
    }
    Some(body)
}

/// The answer, or a failure. A response that cannot be read is an error.
fn answer_in(
    owner: Owner,
    request: &Request,
    manner: &Manner,
    response: &Response,
    json: &Value,
) -> anyhow::Result<Result<Answer, Failure>> {
    let is_elsewhere = manner.in_path.is_some_and(|named| named != owner);
    let task = |json: &Value| {
        let seen = seen(json)?;
        let etag = response.header("etag");
        ensure!(etag == Some(&tag(seen.state.version)), "the ETag {etag:?} is not that of {seen:?}");
        anyhow::Ok(seen)
    };
    Ok(Ok(match (response.status, request) {
        (403, _) if is_elsewhere => Answer::Rejected,
        (status, _) if is_elsewhere => return Ok(Err(Failure::Status(status))),
        (201, Request::Create { .. }) if response.header("idempotency-replayed") == Some("true") => {
            Answer::Replayed(task(&json["data"])?)
        }
        (201, Request::Create { .. }) => Answer::Created(task(&json["data"])?),
        // A request with the same key is in flight.
        (409, Request::Create { has_key: true, .. }) => Answer::Rejected,
        (200, Request::Get { .. } | Request::Change { .. }) => Answer::Is(task(&json["data"])?),
        (200, Request::List { .. }) => {
            let tasks = json["data"].as_array().context("a list without data")?;
            Answer::Are(tasks.iter().map(seen).collect::<anyhow::Result<_>>()?)
        }
        (304, Request::Get { if_none_match: Some(_), .. }) => Answer::Unchanged,
        (204, Request::Delete { .. }) => Answer::Deleted,
        (404, Request::Get { .. } | Request::Change { .. } | Request::Delete { .. }) => Answer::Absent,
        (412, Request::Change { if_match: Some(_), .. } | Request::Delete { if_match: Some(_), .. }) => {
            Answer::Conflict(task(&json["error"]["current"])?)
        }
        (503, _) if response.header("retry-after").is_some() => return Ok(Err(Failure::Unavailable)),
        (status, _) => return Ok(Err(Failure::Status(status))),
    }))
}

/// A task in a response. Its title has its owner and its number.
fn seen(json: &Value) -> anyhow::Result<Seen> {
    let text = |key: &str| json[key].as_str().with_context(|| format!("no {key} in {json}"));
    let [owner, number, title] = numbers(text("title")?).with_context(|| format!("an unknown title: {json}"))?;
    let description = if json["description"].is_null() {
        None
    } else {
        let [_owner, words] =
            numbers(text("description")?).with_context(|| format!("an unknown description: {json}"))?;
        Some(words)
    };
    let version = json["version"].as_u64().context("no version")?.try_into()?;
    let completed = json["completed"].as_bool().context("no completed")?;
    let name = Name { owner: Owner(owner), number };
    Ok(Seen { id: text("id")?.to_owned(), name, state: State { version, title, description, completed } })
}

/// The numbers in a text of ours. `None` if there are not exactly `N`.
fn numbers<const N: usize>(text: &str) -> Option<[u32; N]> {
    let numbers = text.split(|c: char| !c.is_ascii_digit()).filter(|digits| !digits.is_empty());
    let numbers: Vec<u32> = numbers.map(str::parse).collect::<Result<_, _>>().ok()?;
    numbers.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn task_is_read_as_it_was_written() {
        let owner = Owner(12);
        let first = State { version: 1, title: 3, description: Some(4), completed: true };
        let name = Name { owner, number: 7 };
        let create = Request::Create { name, first, has_key: false };
        let mut task = body(owner, &create, &Manner::default()).unwrap();
        task["id"] = "019ab6c2".into();
        task["version"] = 1.into();
        assert_eq!(seen(&task).unwrap(), Seen { id: "019ab6c2".to_owned(), name, state: first });
    }

    #[test]
    fn unknown_task_is_an_error() {
        let task = json!({ "id": "1", "title": "Buy wine", "description": null, "version": 1, "completed": false });
        assert!(seen(&task).is_err());
        assert!(seen(&Value::Null).is_err());
    }
}
