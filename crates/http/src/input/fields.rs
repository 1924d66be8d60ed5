//! The fields of a body or a query. Each is parsed independently, and all faults are collected.

use std::{
    borrow::Cow,
    collections::{BTreeMap, btree_map::Entry},
    fmt,
};

use schemars::Schema;
use serde::{
    Deserialize,
    de::{Deserializer, Error as _, MapAccess, Visitor},
};
use serde_json::{Map, Value};
use validator::{ValidationError, ValidationErrors, ValidationErrorsKind};

use crate::wire::{Read, example_of};

/// The fields of an input, one member each. [`input!`] defines such a struct.
pub(crate) trait InputFields<V>: Sized {
    /// The names of the fields.
    const FIELDS: &'static [&'static str];

    /// The JSON Schema of each field, by its name.
    fn properties() -> Vec<(&'static str, Schema)>;

    /// Parses each field. An absent or invalid field is `None`.
    fn take(fields: &mut Fields<V>) -> Self;
}

/// Defines a struct with the fields that a client may send: the name, the type and the description of each. `V` is the type
/// of the values, see [`Read`].
macro_rules! input {
    (
        $(#[$attribute:meta])*
        struct $name:ident: InputFields<$value:ty> {
            $($(#[doc = $description:literal])* $field:ident: $kind:ty,)+
        }
    ) => {
        $(#[$attribute])*
        struct $name {
            $($(#[doc = $description])* $field: Option<$kind>,)+
        }

        impl $crate::input::fields::InputFields<$value> for $name {
            const FIELDS: &'static [&'static str] = &[$(stringify!($field)),+];

            fn properties() -> Vec<(&'static str, schemars::Schema)> {
                vec![$((
                    stringify!($field),
                    $crate::input::fields::with_description(
                        <$kind as $crate::wire::Described>::schema(),
                        concat!($($description),*),
                    ),
                )),+]
            }

            fn take(fields: &mut $crate::input::fields::Fields<$value>) -> Self {
                Self { $($field: fields.take(stringify!($field))),+ }
            }
        }
    };
}

pub(crate) use input;

/// Adds the description to the schema of a field, unless it is empty.
pub(crate) fn with_description(mut schema: Schema, description: &'static str) -> Schema {
    if !description.is_empty() {
        schema.insert("description".to_owned(), description.trim().into());
    }
    schema
}

/// Named values from a client that are not parsed yet, and the faults found so far.
#[derive(Debug)]
pub(crate) struct Fields<V> {
    values: BTreeMap<String, V>,
    errors: ValidationErrors,
}

impl<V> Default for Fields<V> {
    fn default() -> Self {
        Self { values: BTreeMap::new(), errors: ValidationErrors::new() }
    }
}

impl<V> Fields<V> {
    /// Adds a value. Sending a name twice is a fault of that field.
    pub(crate) fn insert(&mut self, name: String, value: V) {
        match self.values.entry(name) {
            Entry::Vacant(entry) => {
                entry.insert(value);
            }
            Entry::Occupied(entry) => {
                let name = entry.key().clone();
                self.reject(name, "is sent more than once");
            }
        }
    }

    /// Whether no value is left.
    pub(crate) fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Takes a value and parses it. `None` if it is absent or invalid.
    pub(crate) fn take<T: Read<V>>(&mut self, name: &'static str) -> Option<T> {
        let parsed = T::read(self.values.remove(name)?);
        parsed.map_err(|problem| self.reject(name, problem.to_string())).ok()
    }

    /// Drops values that a client may send but that have no effect.
    pub(crate) fn ignore(&mut self, names: impl IntoIterator<Item = impl AsRef<str>>) {
        for name in names {
            self.values.remove(name.as_ref());
        }
    }

    /// Adds a fault.
    pub(crate) fn reject(&mut self, field: impl Into<Cow<'static, str>>, problem: impl Into<Cow<'static, str>>) {
        let error = ValidationError::new("invalid").with_message(problem.into());
        let entry = self.errors.errors_mut().entry(field.into());
        if let ValidationErrorsKind::Field(errors) = entry.or_insert_with(|| ValidationErrorsKind::Field(Vec::new())) {
            errors.push(error);
        }
    }

    /// Succeeds if there was no fault and every value was taken.
    ///
    /// # Errors
    ///
    /// Every fault, with its field.
    pub(crate) fn finish(mut self) -> Result<(), ValidationErrors> {
        for name in std::mem::take(&mut self.values).into_keys() {
            let shown: String = name.chars().take(64).collect();
            self.reject(shown, "is not a known field");
        }
        if self.errors.is_empty() { Ok(()) } else { Err(self.errors) }
    }

    /// Like [`finish`](Self::finish), but requires the field `name`. `value` is the result of [`take`](Self::take) for it.
    pub(crate) fn finish_with<T>(mut self, name: &'static str, value: Option<T>) -> Result<T, ValidationErrors> {
        if value.is_none() && !self.errors.errors().contains_key(name) {
            self.reject(name, "is required");
        }
        match (self.finish(), value) {
            (Ok(()), Some(value)) => Ok(value),
            (Err(errors), _) => Err(errors),
            (Ok(()), None) => Err(ValidationErrors::new()),
        }
    }
}

/// Reads a JSON object. A duplicate key is an error, because it is unclear which value is meant.
impl<'de> Deserialize<'de> for Fields<Value> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;

        impl<'de> Visitor<'de> for Members {
            type Value = Fields<Value>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Fields<Value>, A::Error> {
                let mut values = BTreeMap::new();
                while let Some((name, value)) = members.next_entry::<String, Value>()? {
                    if values.insert(name, value).is_some() {
                        return Err(A::Error::custom("a key is sent more than once"));
                    }
                }
                Ok(Fields { values, errors: ValidationErrors::new() })
            }
        }

        deserializer.deserialize_map(Members)
    }
}

/// The schema of a body with these fields, some required and some ignored.
pub(crate) fn body_schema<T: InputFields<Value>>(required: &[&str], ignored: &[String]) -> Schema {
    let mut properties: Map<String, Value> =
        T::properties().into_iter().map(|(name, schema)| (name.to_owned(), schema.to_value())).collect();
    for name in ignored {
        properties.insert(name.clone(), serde_json::json!({ "description": "Ignored.", "deprecated": true }));
    }
    let mut schema = schemars::json_schema!({
        "type": "object",
        "required": required,
        "additionalProperties": false,
        "properties": properties,
    });
    let example = example_of(&schema);
    schema.insert("examples".to_owned(), serde_json::json!([example]));
    schema
}
