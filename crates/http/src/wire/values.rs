//! The wire format of values that several resources share, with the limits of the domain.

use std::borrow::Cow;

use domain::{OwnerId, PageLimit, Timestamp, Version};
use schemars::{Schema, json_schema};
use serde::Serializer;
use serde_json::Value;

use super::{Described, Problem, Read, Written};

const TRUE_OR_FALSE: Problem = Problem::NotA(Cow::Borrowed("true or false"));

impl Described for bool {
    fn schema() -> Schema {
        json_schema!({ "type": "boolean", "examples": [false] })
    }
}

impl Written for bool {
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bool(*self)
    }
}

impl Read<Value> for bool {
    fn read(value: Value) -> Result<Self, Problem> {
        value.as_bool().ok_or(TRUE_OR_FALSE)
    }
}

impl Read<String> for bool {
    fn read(text: String) -> Result<Self, Problem> {
        text.parse().map_err(|_neither| TRUE_OR_FALSE)
    }
}

impl Described for OwnerId {
    fn schema() -> Schema {
        json_schema!({
            "type": "string",
            "minLength": 1,
            "maxLength": Self::MAX_CHARS,
            "pattern": "^[ -~]+$",
            "description": "The id of a user: the `sub` of their tokens.",
            "examples": ["a2eQxzd2IgtwIiVzvmeWJwhxj0piF8Zh"],
        })
    }
}

impl Written for OwnerId {
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl Described for Timestamp {
    fn schema() -> Schema {
        json_schema!({
            "type": "string",
            "format": "date-time",
            "pattern": r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$",
            "examples": ["2026-02-06T10:00:00.000Z"],
        })
    }
}

impl Written for Timestamp {
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.encode(&mut [0; Self::MAX_BYTES]))
    }
}

impl Described for Version {
    fn schema() -> Schema {
        json_schema!({ "type": "integer", "minimum": Self::FIRST.get(), "examples": [Self::FIRST.get()] })
    }
}

impl Written for Version {
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(self.get())
    }
}

impl Described for PageLimit {
    fn schema() -> Schema {
        json_schema!({
            "type": "integer",
            "minimum": Self::RANGE.start(),
            "maximum": Self::RANGE.end(),
            "default": Self::default().get(),
        })
    }
}

impl Written for PageLimit {
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u16(self.get())
    }
}

impl Read<String> for PageLimit {
    fn read(text: String) -> Result<Self, Problem> {
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        let limit = text.parse().ok().filter(|_| digits).and_then(Self::new);
        limit.ok_or_else(|| {
            let (least, most) = Self::RANGE.into_inner();
            Problem::Rule(format!("must be a number from {least} to {most}").into())
        })
    }
}
