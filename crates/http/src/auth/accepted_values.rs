//! The accepted values of a claim.

use std::{fmt, str::FromStr};

use serde_json::Value;

/// One or more values of a claim, each of which is accepted. They are compared byte for byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcceptedValues {
    first: String,
    others: Vec<String>,
}

/// The text has no value.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("no value")]
pub struct NoValue;

impl FromStr for AcceptedValues {
    type Err = NoValue;

    /// Parses values separated by commas. Blanks around a value do not count.
    fn from_str(text: &str) -> Result<Self, NoValue> {
        let mut values = text.split(',').map(str::trim).filter(|value| !value.is_empty()).map(str::to_owned);
        Ok(Self { first: values.next().ok_or(NoValue)?, others: values.collect() })
    }
}

impl From<String> for AcceptedValues {
    /// Only this value.
    fn from(value: String) -> Self {
        Self { first: value, others: Vec::new() }
    }
}

impl AcceptedValues {
    /// The value for tokens that the service itself signs.
    pub(super) fn first(&self) -> &str {
        &self.first
    }

    /// Whether a claim is one of the values.
    pub(super) fn include(&self, claim: &Value) -> bool {
        claim.as_str().is_some_and(|found| self.iter().any(|value| value == found))
    }

    /// Whether a claim is, or lists, one of the values (RFC 7519, section 4.1.3).
    pub(super) fn include_any(&self, claim: &Value) -> bool {
        match claim {
            Value::Array(found) => found.iter().any(|found| self.include(found)),
            found => self.include(found),
        }
    }

    fn iter(&self) -> impl Iterator<Item = &str> {
        [&self.first].into_iter().chain(&self.others).map(String::as_str)
    }
}

impl fmt::Display for AcceptedValues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.iter().collect::<Vec<_>>().join(" or "))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_value_of_a_list_is_accepted_as_it_is() {
        let values: AcceptedValues = "https://a.example, https://b.example/ ,".parse().unwrap();

        assert_eq!(values.to_string(), "https://a.example or https://b.example/");
        for value in ["https://a.example", "https://b.example/"] {
            assert!(values.include(&json!(value)), "{value}");
            assert!(values.include_any(&json!([7, value])), "{value}");
        }
        for value in [json!("https://a.example/"), json!("https://A.example"), json!("https://b.example"), json!(null)]
        {
            assert!(!values.include(&value) && !values.include_any(&json!([value])), "{value}");
        }
        assert!(!values.include(&json!(["https://a.example"])), "an issuer is not a list");
    }

    #[test]
    fn a_list_without_a_value_is_refused() {
        for text in ["", ",", " , "] {
            assert_eq!(text.parse::<AcceptedValues>(), Err(NoValue), "{text:?}");
        }
    }
}
