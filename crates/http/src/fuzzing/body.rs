use domain::{
    CompletedChange, Description, FieldChange, NewTask, OwnerId, Task, TaskChanges, TaskId, Timestamp, Title,
};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::rejection::assert_rejected;
use crate::{
    input::body::{FromFields, MAX_BODY_BYTES, parse},
    output::{code::ErrorCode, error::ApiError},
    tasks::wire,
};

/// Parses bytes as the body of a create, an update and a completion.
///
/// # Panics
///
/// If the parsed value breaks a rule, differs from the input, or changes when it is serialized and parsed again; if an error
/// has the wrong code or is large.
#[must_use]
pub fn body(bytes: &[u8]) -> bool {
    if bytes.len() > MAX_BODY_BYTES {
        return false;
    }
    if let Err(error) = parse(bytes) {
        assert_rejected(&error, ErrorCode::InvalidJson);
        return false;
    }
    let sent: Value = serde_json::from_slice(bytes).unwrap();
    let created = accepted(bytes).map(|wire::NewTask(task)| task);
    let changes = accepted(bytes).map(|wire::Changes(changes)| changes);
    let completed = accepted(bytes).map(|wire::Completion(completed)| completed);

    if let Some(task) = &created {
        let NewTask { title, description, completed } = task;
        assert_title(title, &sent);
        assert_eq!(description.as_ref().map(Description::as_str), sent["description"].as_str());
        assert_eq!(*completed, sent["completed"] == true);
        assert_eq!(accepted(&task_as_sent(task)).map(|wire::NewTask(task)| task).as_ref(), Some(task));
        // A valid create is a valid update.
        assert_eq!(changes.as_ref().and_then(|changes| changes.title.as_ref()), Some(title));
    }
    if let Some(changes) = &changes {
        assert_ne!(*changes, TaskChanges::default(), "an update changes something");
        if let Some(title) = &changes.title {
            assert_title(title, &sent);
        }
        if let FieldChange::Set(description) = &changes.description {
            assert_description(description);
        }
        assert_eq!(changes_as_sent(changes), expected_changes(&sent));
        let written = Value::Object(changes_as_sent(changes)).to_string();
        assert_eq!(accepted(written.as_bytes()).map(|wire::Changes(changes)| changes).as_ref(), Some(changes));
    }
    if let Some(completed) = completed {
        let expected = sent["completed"].as_bool().map_or(CompletedChange::Toggle, CompletedChange::Set);
        assert_eq!(completed, expected);
    }
    created.is_some() || changes.is_some() || completed.is_some()
}

fn accepted<T: FromFields>(bytes: &[u8]) -> Option<T> {
    match parse(bytes).and_then(|fields| T::from_fields(fields).map_err(ApiError::from)) {
        Ok(accepted) => Some(accepted),
        Err(error) => {
            assert_rejected(&error, ErrorCode::ValidationError);
            None
        }
    }
}

fn assert_title(title: &Title, sent: &Value) {
    let title = title.as_str();
    assert_eq!(Some(title), sent["title"].as_str().map(str::trim));
    assert!((1..=500).contains(&title.chars().count()), "{title:?}");
    assert!(!title.chars().any(char::is_control), "{title:?}");
}

fn assert_description(description: &Description) {
    let text = description.as_str();
    assert!(text.chars().count() <= 10_000, "{} characters", text.chars().count());
    assert!(!text.chars().any(|c| c.is_control() && !"\t\n\r".contains(c)), "{text:?}");
}

/// A task as a response shows it. A client may send that back.
fn task_as_sent(task: &NewTask) -> Vec<u8> {
    if let Some(description) = &task.description {
        assert_description(description);
    }
    let now = Timestamp::from_unix_milliseconds(0).unwrap();
    let owner = OwnerId::try_from("alice".to_owned()).unwrap();
    let id = TaskId::from(Uuid::nil());
    serde_json::to_vec(&wire::Task::from(&Task::created(owner, id, task.clone(), now))).unwrap()
}

fn changes_as_sent(changes: &TaskChanges) -> Map<String, Value> {
    let TaskChanges { title, description, completed } = changes;
    let title = title.as_ref().map(|title| Value::from(title.as_str()));
    let description = match description {
        FieldChange::Keep => None,
        FieldChange::Clear => Some(Value::Null),
        FieldChange::Set(description) => Some(description.as_str().into()),
    };
    let completed = match completed {
        CompletedChange::Set(completed) => Some(Value::Bool(*completed)),
        CompletedChange::Keep | CompletedChange::Toggle => None,
    };
    let members = [("title", title), ("description", description), ("completed", completed)];
    members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

/// A body reduced to the keys that have an effect.
fn expected_changes(sent: &Value) -> Map<String, Value> {
    let mut expected = Map::new();
    for name in ["title", "description", "completed"] {
        if let Some(value) = sent.get(name) {
            let value = if name == "title" { value.as_str().map(str::trim).into() } else { value.clone() };
            expected.insert(name.to_owned(), value);
        }
    }
    expected
}
