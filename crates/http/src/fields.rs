//! The members of a body or a query, taken out one by one; what is wrong with any of them is collected.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize,
    de::{Deserializer, Error as _, MapAccess, Visitor},
};
use serde_json::{Map, Value};
use validator::{ValidationError, ValidationErrors, ValidationErrorsKind};

/// What is wrong with a value, worded to follow the name of its field.
pub(crate) type Problem = Cow<'static, str>;

/// Named values from a client, each given once, that have yet to be understood.
#[derive(Debug, Default)]
pub(crate) struct Fields {
    values: Map<String, Value>,
    errors: ValidationErrors,
}

impl Fields {
    /// Adds a value; a name given twice is an error of that field.
    pub(crate) fn insert(&mut self, name: String, value: Value) {
        if self.values.contains_key(&name) {
            self.reject(name, "is given twice");
        } else {
            self.values.insert(name, value);
        }
    }

    /// Whether every value was taken.
    pub(crate) fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Takes a value out and parses it. `None` if it is absent, or at fault.
    pub(crate) fn optional<T>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(Value) -> Result<T, Problem>,
    ) -> Option<T> {
        let parsed = parse(self.values.remove(name)?);
        parsed.map_err(|problem| self.reject(name, problem)).ok()
    }

    /// As [`optional`](Self::optional), but absence is a fault too.
    pub(crate) fn required<T>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(Value) -> Result<T, Problem>,
    ) -> Option<T> {
        if !self.values.contains_key(name) {
            self.reject(name, "is required");
        }
        self.optional(name, parse)
    }

    /// Drops values that a client may send but that decide nothing.
    pub(crate) fn ignore(&mut self, names: &[&str]) {
        for name in names {
            self.values.remove(*name);
        }
    }

    /// Notes a fault that parsing did not find.
    pub(crate) fn reject(&mut self, field: impl Into<Cow<'static, str>>, problem: impl Into<Problem>) {
        let error = ValidationError::new("invalid").with_message(problem.into());
        let entry = self.errors.errors_mut().entry(field.into());
        if let ValidationErrorsKind::Field(errors) = entry.or_insert_with(|| ValidationErrorsKind::Field(Vec::new())) {
            errors.push(error);
        }
    }

    /// The faults found so far and the values nobody took, or nothing if there are none.
    ///
    /// # Errors
    ///
    /// All that is wrong, with every field.
    pub(crate) fn finish(mut self) -> Result<(), ValidationErrors> {
        for name in std::mem::take(&mut self.values).into_iter().map(|(name, _value)| name) {
            let shown: String = name.chars().take(64).collect();
            self.reject(shown, "is not known here");
        }
        if self.errors.is_empty() { Ok(()) } else { Err(self.errors) }
    }
}

/// Reads a JSON object. A key given twice is refused, since nobody can say which one is meant.
impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;

        impl<'de> Visitor<'de> for Members {
            type Value = Fields;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Fields, A::Error> {
                let mut values = Map::new();
                while let Some((name, value)) = members.next_entry::<String, Value>()? {
                    if values.insert(name, value).is_some() {
                        return Err(A::Error::custom("a key is given twice"));
                    }
                }
                Ok(Fields { values, errors: ValidationErrors::new() })
            }
        }

        deserializer.deserialize_map(Members)
    }
}

/// Understands a string.
pub(crate) fn text(value: Value) -> Result<String, Problem> {
    match value {
        Value::String(text) => Ok(text),
        _ => Err("must be a string".into()),
    }
}

/// Understands a truth value.
pub(crate) fn boolean(value: &Value) -> Result<bool, Problem> {
    value.as_bool().ok_or("must be true or false".into())
}
