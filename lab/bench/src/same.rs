//! Checks that all servers give the same responses, so that the same work is compared.

use std::net::SocketAddr;

use anyhow::bail;
use serde_json::Value;

use crate::{
    data::{FIRST_TASK, TASK},
    process::exchange,
    requests::Client,
};

/// The number of the owner who sends the requests. The first tasks belong to the owners of the same numbers.
pub(crate) const OWNER: usize = 3;

/// Requests: method, path and body. `{mine}` and `{theirs}` are existing tasks, `{new}` is the one created last.
const STEPS: [(&str, &str, &str); 15] = [
    ("GET", "/{mine}", ""),
    ("GET", "?limit=20", ""),
    ("GET", "?limit=1000", ""),
    ("POST", "", r#"{"title":"Buy wine","description":"Red"}"#),
    ("PATCH", "/{new}", r#"{"title":"Buy cheese","description":null}"#),
    ("PATCH", "/{new}/complete", ""),
    ("PATCH", "/{new}/complete", "{}"),
    ("PATCH", "/{new}/complete", r#"{"completed":true}"#),
    ("PATCH", "/{new}/complete", r#"{"completed":true}"#),
    ("GET", "/{new}", ""),
    ("DELETE", "/{new}", ""),
    ("DELETE", "/{new}", ""),
    ("GET", "/{theirs}", ""),
    ("PATCH", "/{theirs}/complete", ""),
    ("POST", "", r#"{"title":""}"#),
];

/// The status of a response, and the comparable part of its body.
#[derive(Debug, PartialEq)]
pub(crate) struct Response(u16, Value);

/// The responses of a server to [`STEPS`] and to a request with an invalid token.
pub(crate) fn transcript(address: SocketAddr, client: &Client) -> anyhow::Result<Vec<Response>> {
    let mine = format!("{TASK}{}", FIRST_TASK + OWNER as u64);
    let theirs = format!("{TASK}{}", FIRST_TASK + OWNER as u64 + 1);
    let mut new = String::new();
    let mut responses = Vec::new();
    for (method, path, body) in STEPS {
        let path = path.replace("{mine}", &mine).replace("{theirs}", &theirs).replace("{new}", &new);
        let mut request = String::new();
        match body {
            "" => client.plain(&mut request, method, &format!("/api/tasks{path}")),
            body => client.with_body(&mut request, method, &format!("/api/tasks{path}"), body),
        }
        let (status, body) = exchange(address, &request)?;
        let mut body: Value = serde_json::from_slice(&body).unwrap_or_default();
        if let Some(id) = body.pointer("/data/id").and_then(Value::as_str).filter(|_| method == "POST") {
            id.clone_into(&mut new);
        }
        make_comparable(&mut body);
        // Bodies of errors differ.
        responses.push(Response(status, if status < 300 { body } else { Value::Null }));
    }
    let mut request = String::new();
    Client::new("a.bad.token").plain(&mut request, "GET", "/api/tasks");
    responses.push(Response(exchange(address, &request)?.0, Value::Null));
    Ok(responses)
}

/// Checks that two servers gave the same responses.
pub(crate) fn compare(expected: &[Response], answered: &[Response]) -> anyhow::Result<()> {
    for (nth, (expected, answered)) in expected.iter().zip(answered).enumerate() {
        if expected != answered {
            let step = STEPS.get(nth);
            bail!("{step:?}: the response is\n{answered:?}, that of tasks-api\n{expected:?}");
        }
    }
    Ok(())
}

/// Replaces ids, times and cursors, which differ between servers, by whether they are present.
fn make_comparable(body: &mut Value) {
    let strip = |value: &mut Value, keys: &[&str]| {
        for key in keys {
            if let Some(member) = value.get_mut(key) {
                *member = member.is_string().into();
            }
        }
    };
    match body.get_mut("data") {
        Some(Value::Array(tasks)) => tasks.iter_mut().for_each(|task| strip(task, &["id", "created_at", "updated_at"])),
        Some(task) => strip(task, &["id", "created_at", "updated_at"]),
        None => {}
    }
    if let Some(meta) = body.get_mut("meta") {
        strip(meta, &["next_cursor"]);
    }
}
