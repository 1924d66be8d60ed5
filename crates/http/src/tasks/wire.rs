//! The wire format of a task: in responses, in requests, and the schema of both.

use std::sync::LazyLock;

use actix_web::{HttpResponse, HttpResponseBuilder, http::header::ETAG};
use domain::{CompletedChange, Description, FieldChange, OwnerId, TaskChanges, TaskId, Timestamp, Title, Version};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde_json::{Value, json};
use validator::ValidationErrors;

use crate::{
    endpoint::PathParameter,
    input::{
        body::FromFields,
        fields::{Fields, InputFields, body_schema, input},
    },
    output::{
        body::{Data, Example, respond},
        error::ApiError,
        etag,
    },
    wire::{Shown, example_of},
};

/// A task. Every key is always present.
#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct Task<'a> {
    id: Shown<&'a TaskId>,
    user_id: Shown<&'a OwnerId>,
    title: Shown<&'a Title>,
    description: Shown<Option<&'a Description>>,
    completed: Shown<bool>,
    /// When the task was created, in UTC.
    created_at: Shown<Timestamp>,
    /// When the task was last changed, in UTC.
    updated_at: Shown<Timestamp>,
    /// One more with every change.
    version: Shown<Version>,
}

impl<'a> From<&'a domain::Task> for Task<'a> {
    fn from(task: &'a domain::Task) -> Self {
        let domain::Task { id, owner, title, description, completed, created_at, updated_at, version } = task;
        Self {
            id: Shown(id),
            user_id: Shown(owner),
            title: Shown(title),
            description: Shown(description.as_ref()),
            completed: Shown(*completed),
            created_at: Shown(*created_at),
            updated_at: Shown(*updated_at),
            version: Shown(*version),
        }
    }
}

impl Task<'_> {
    /// The approximate size of the task as JSON in bytes: its texts, and a constant for the keys and the other values.
    pub(super) fn size(&self) -> usize {
        const FRAME: usize = 256;

        let description = self.description.0.map_or(0, |description| description.as_str().len());
        FRAME + self.user_id.0.as_str().len() + self.title.0.as_str().len() + description
    }
}

/// Completes a response with a task and its tag.
pub(super) fn respond_with(response: &mut HttpResponseBuilder, task: &domain::Task) -> Result<HttpResponse, ApiError> {
    let data = Task::from(task);
    let size = data.size();
    respond(response.insert_header((ETAG, etag::of_version(task.version))), &Data { data }, size)
}

input! {
    /// The fields of a task that a client may set.
    struct TaskInput: InputFields<Value> {
        title: Title,
        description: FieldChange<Description>,
        completed: bool,
    }
}

/// The keys of a task that responses contain but clients cannot set. Clients may send them back, as in `{...task, title}`,
/// without effect.
static READ_ONLY: LazyLock<Vec<String>> = LazyLock::new(|| {
    let schema = Task::json_schema(&mut SchemaGenerator::default());
    let keys = schema.get("properties").and_then(Value::as_object).map(|properties| properties.keys().cloned());
    keys.into_iter().flatten().filter(|key| !TaskInput::FIELDS.contains(&key.as_str())).collect()
});

/// The body of a create.
pub(crate) struct NewTask(pub(crate) domain::NewTask);

impl FromFields for NewTask {
    fn from_fields(mut fields: Fields<Value>) -> Result<Self, ValidationErrors> {
        fields.ignore(&*READ_ONLY);
        let TaskInput { title, description, completed } = TaskInput::take(&mut fields);
        let title = fields.finish_with("title", title)?;
        Ok(Self(domain::NewTask {
            title,
            description: description.and_then(value),
            completed: completed.unwrap_or_default(),
        }))
    }
}

/// The value of a field in a create, where `null` means absent.
fn value<T>(change: FieldChange<T>) -> Option<T> {
    match change {
        FieldChange::Set(value) => Some(value),
        FieldChange::Keep | FieldChange::Clear => None,
    }
}

/// The body of an update. Absent fields do not change.
pub(crate) struct Changes(pub(crate) TaskChanges);

impl FromFields for Changes {
    fn from_fields(mut fields: Fields<Value>) -> Result<Self, ValidationErrors> {
        fields.ignore(&*READ_ONLY);
        if fields.is_empty() {
            fields.reject("body", format!("must have at least one of {}", TaskInput::FIELDS.join(", ")));
        }
        let TaskInput { title, description, completed } = TaskInput::take(&mut fields);
        fields.finish()?;
        Ok(Self(TaskChanges {
            title,
            description: description.unwrap_or_default(),
            completed: completed.map_or(CompletedChange::Keep, CompletedChange::Set),
        }))
    }
}

input! {
    /// The fields that a client may set to complete a task.
    struct CompletionInput: InputFields<Value> {
        completed: bool,
    }
}

/// How `completed` changes.
pub(crate) struct Completion(pub(crate) CompletedChange);

impl FromFields for Completion {
    fn from_fields(mut fields: Fields<Value>) -> Result<Self, ValidationErrors> {
        fields.ignore(&*READ_ONLY);
        let CompletionInput { completed } = CompletionInput::take(&mut fields);
        fields.finish()?;
        Ok(Self(completed.map_or(CompletedChange::Toggle, CompletedChange::Set)))
    }
}

/// Implements [`JsonSchema`] for a body.
macro_rules! body_schemas {
    ($($body:ident = $name:literal, $schema:expr;)+) => {$(
        impl JsonSchema for $body {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                $name.into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                $schema
            }
        }
    )+};
}

body_schemas! {
    NewTask = "NewTask", body_schema::<TaskInput>(&["title"], &READ_ONLY);
    Changes = "TaskChanges", {
        let mut schema = body_schema::<TaskInput>(&[], &READ_ONLY);
        // At least one key that is not ignored, whichever it is.
        schema.insert("not".to_owned(), json!({ "propertyNames": { "enum": *READ_ONLY } }));
        schema
    };
    Completion = "Completion", body_schema::<CompletionInput>(&[], &READ_ONLY);
}

impl Example for Task<'_> {
    fn example() -> Value {
        example_of(&Self::json_schema(&mut SchemaGenerator::default()))
    }
}

/// The id of a task in the path.
pub(super) const ID: PathParameter = PathParameter::of::<TaskId>("id");

#[cfg(test)]
mod tests;
