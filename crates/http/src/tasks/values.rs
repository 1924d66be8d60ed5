//! The wire format of each value of a task, with the limits of the domain.

use domain::{Description, TaskId, Title};
use schemars::{Schema, json_schema};
use serde::Serializer;
use serde_json::Value;
use uuid::fmt::Hyphenated;

use crate::wire::{Described, Problem, Read, Written, text};

impl Described for TaskId {
    fn schema() -> Schema {
        json_schema!({
            "type": "string",
            "format": "uuid",
            "pattern": "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$",
            "examples": ["019c3236-2a00-7000-8000-000000000001"],
        })
    }
}

impl Written for TaskId {
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_uuid().hyphenated().encode_lower(&mut [0; Hyphenated::LENGTH]))
    }
}

impl Described for Title {
    fn schema() -> Schema {
        json_schema!({
            "type": "string",
            "minLength": Self::CHARS.start(),
            "maxLength": Self::CHARS.end(),
            "pattern": r"^[^\u0000-\u001f\u007f-\u009f]*$",
            "description": "Surrounding white space is trimmed. No control characters, and at least one visible character.",
            "examples": ["Buy groceries"],
        })
    }
}

impl Written for Title {
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl Read<Value> for Title {
    fn read(value: Value) -> Result<Self, Problem> {
        Self::try_from(text(value)?.as_str()).map_err(|rule| Problem::rule(&rule))
    }
}

impl Described for Description {
    fn schema() -> Schema {
        json_schema!({
            "type": "string",
            "maxLength": Self::MAX_CHARS,
            "pattern": r"^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]*$",
            "description": "Kept exactly as sent. No control characters, except for tabs and line breaks.",
            "examples": ["Milk, eggs, bread"],
        })
    }
}

impl Written for Description {
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl Read<Value> for Description {
    fn read(value: Value) -> Result<Self, Problem> {
        Self::try_from(text(value)?).map_err(|rule| Problem::rule(&rule))
    }
}
