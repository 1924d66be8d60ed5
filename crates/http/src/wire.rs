//! The wire format: how values of the domain's types are described, serialized and parsed.
//!
//! The format of each type is defined once: in [`values`], or in the module of its resource. Responses, bodies, queries, paths
//! and the OpenAPI document all use it.

mod values;

use std::{borrow::Cow, fmt};

use domain::FieldChange;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};

/// A type with a JSON Schema. Limits come from the domain, which enforces them.
pub(crate) trait Described {
    /// The schema.
    fn schema() -> Schema;
}

/// A type that appears in responses.
pub(crate) trait Written: Described {
    /// Writes the value.
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error>;
}

/// A type that appears in requests as a `V`: a [`Value`] in a body, a [`String`] in a query.
pub(crate) trait Read<V>: Described + Sized {
    /// Parses the value.
    fn read(value: V) -> Result<Self, Problem>;
}

/// The fault of a value. The text follows the name of its field.
#[derive(Debug)]
pub(crate) enum Problem {
    /// The value does not have this JSON type.
    NotA(Cow<'static, str>),
    /// The value breaks this rule.
    Rule(Cow<'static, str>),
}

impl Problem {
    /// A broken rule of the domain.
    pub(crate) fn rule(rule: &impl ToString) -> Self {
        Self::Rule(rule.to_string().into())
    }
}

impl From<&'static str> for Problem {
    fn from(rule: &'static str) -> Self {
        Self::Rule(rule.into())
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotA(kind) => write!(f, "must be {kind}"),
            Self::Rule(rule) => f.write_str(rule),
        }
    }
}

/// A value of the domain as a member of a response.
pub(crate) struct Shown<T>(pub(crate) T);

impl<T: Written> Serialize for Shown<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.write(serializer)
    }
}

impl<T: Described> JsonSchema for Shown<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        std::any::type_name::<T>().into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        T::schema()
    }
}

impl<T: Described> Described for &T {
    fn schema() -> Schema {
        T::schema()
    }
}

impl<T: Written> Written for &T {
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        T::write(self, serializer)
    }
}

/// `null` stands for the absence of a value.
impl<T: Described> Described for Option<T> {
    fn schema() -> Schema {
        let mut schema = T::schema();
        let kind = schema.remove("type");
        schema.insert("type".to_owned(), json!([kind, "null"]));
        schema
    }
}

impl<T: Written> Written for Option<T> {
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Some(value) => value.write(serializer),
            None => serializer.serialize_none(),
        }
    }
}

impl<T: Described> Described for FieldChange<T> {
    fn schema() -> Schema {
        Option::<T>::schema()
    }
}

/// `null` clears the field.
impl<T: Read<Value>> Read<Value> for FieldChange<T> {
    fn read(value: Value) -> Result<Self, Problem> {
        if value.is_null() {
            return Ok(Self::Clear);
        }
        T::read(value).map(Self::Set).map_err(|problem| match problem {
            Problem::NotA(kind) => Problem::NotA(format!("{kind} or null").into()),
            rule @ Problem::Rule(_) => rule,
        })
    }
}

/// An object with the first example of each property.
pub(crate) fn example_of(schema: &Schema) -> Value {
    let properties = schema.get("properties").and_then(Value::as_object);
    let examples = properties
        .into_iter()
        .flatten()
        .filter_map(|(name, property)| Some((name.clone(), property.pointer("/examples/0")?.clone())));
    examples.collect::<Map<_, _>>().into()
}

/// Text in a body.
pub(crate) fn text(value: Value) -> Result<String, Problem> {
    match value {
        Value::String(text) => Ok(text),
        _ => Err(Problem::NotA("a string".into())),
    }
}
