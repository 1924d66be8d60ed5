//! The source of the settings' values.

use std::{collections::HashMap, env::VarError};

use anyhow::{Context, anyhow};

use super::{
    setting::{Fallback, Setting},
    settings::ENVIRONMENT,
    stage::Stage,
};

/// The values of the settings: the environment of the process, and in development a file `.env`.
pub(crate) struct Environment {
    variables: Box<Variables>,
}

/// The value of this variable.
type Variables = dyn Fn(&str) -> Result<Option<String>, NotText>;

/// The value is not valid Unicode.
struct NotText;

impl Environment {
    /// Reads the environment of the process. Unless it has `ENVIRONMENT=production`, a file `.env` in the working directory
    /// provides missing variables.
    pub(crate) fn of_process() -> anyhow::Result<Self> {
        let process = Self { variables: Box::new(of_process) };
        if process.value(&ENVIRONMENT)? == Stage::Production {
            return Ok(process);
        }
        let file: HashMap<String, String> = match dotenvy::from_path_iter(".env") {
            Ok(pairs) => pairs.collect::<Result<_, _>>().map_err(|_shows_the_line| {
                anyhow!(".env has a line that cannot be read: write lines such as PORT=8000")
            })?,
            Err(error) if error.not_found() => HashMap::new(),
            Err(error) => return Err(error).context(".env cannot be read"),
        };
        let variables = move |name: &str| {
            let set = of_process(name)?.filter(|value| !value.is_empty());
            Ok(set.or_else(|| file.get(name).cloned()))
        };
        Ok(Self { variables: Box::new(variables) })
    }

    /// Only these values.
    #[cfg(test)]
    pub(crate) fn of(values: &'static [(&str, &str)]) -> Self {
        let value =
            |name: &str| values.iter().find(|(variable, _)| *variable == name).map(|(_, value)| (*value).to_owned());
        Self { variables: Box::new(move |name| Ok(value(name))) }
    }

    /// The value of a setting that always has a default.
    ///
    /// # Errors
    ///
    /// One line that names the variable and what it must be. It does not show the value.
    pub(crate) fn value<T>(&self, setting: &Setting<T>) -> anyhow::Result<T> {
        self.optional(setting)?.ok_or_else(|| setting.invalid())
    }

    /// The value of a setting, or its default. `None` if it has neither.
    ///
    /// # Errors
    ///
    /// As [`value`](Self::value).
    pub(crate) fn optional<T>(&self, setting: &Setting<T>) -> anyhow::Result<Option<T>> {
        let default = match setting.default {
            Fallback::Value(value) => Some(value.to_owned()),
            Fallback::ByStage { development, production } => match self.value(&ENVIRONMENT)? {
                Stage::Development => Some(development.to_owned()),
                Stage::Production => Some(production.to_owned()),
            },
            Fallback::Depends(_) => None,
        };
        let Some(text) = self.text(setting)?.or(default) else { return Ok(None) };
        setting.format.parse(&text).map(Some).ok_or_else(|| setting.invalid())
    }

    /// Whether a setting is set.
    ///
    /// # Errors
    ///
    /// If the value is not valid Unicode, or only blanks.
    pub(crate) fn is_set<T>(&self, setting: &Setting<T>) -> anyhow::Result<bool> {
        Ok(self.text(setting)?.is_some())
    }

    /// The text of a value. An empty value counts as not set, because `.env` files use that to leave settings out. Blanks alone
    /// are an error, because ignoring them could switch off a check.
    fn text<T>(&self, setting: &Setting<T>) -> anyhow::Result<Option<String>> {
        let value = (self.variables)(setting.name).map_err(|NotText| setting.invalid())?;
        let Some(value) = value.filter(|value| !value.is_empty()) else { return Ok(None) };
        if setting.format.keeps_blanks() {
            return Ok(Some(value));
        }
        match value.trim() {
            "" => Err(setting.invalid()),
            text => Ok(Some(text.to_owned())),
        }
    }
}

fn of_process(name: &str) -> Result<Option<String>, NotText> {
    match std::env::var(name) {
        Ok(value) => Ok(Some(value)),
        Err(VarError::NotPresent) => Ok(None),
        Err(VarError::NotUnicode(_)) => Err(NotText),
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;
    use crate::config::settings::{BETTER_AUTH_SECRET, DATABASE_URL, HOST, JWT_ISSUER, PORT};

    #[test]
    fn an_empty_value_counts_as_not_set() {
        let environment = Environment::of(&[("DATABASE_URL", ""), ("PORT", "")]);

        assert_eq!(environment.optional(&DATABASE_URL).unwrap(), None);
        assert_eq!(environment.value(&PORT).unwrap(), 8000);
    }

    #[test]
    fn blanks_around_a_value_count_only_in_a_secret() {
        let secret = " a secret of 32 bytes with blanks\t";
        let environment = Environment::of(&[
            ("BETTER_AUTH_SECRET", " a secret of 32 bytes with blanks\t"),
            ("HOST", " ::1\n"),
            ("PORT", " 1 "),
        ]);

        assert_eq!(environment.value(&BETTER_AUTH_SECRET).unwrap().expose_secret(), secret);
        assert_eq!(environment.value(&HOST).unwrap(), "::1");
        assert_eq!(environment.value(&PORT).unwrap(), 1);
    }

    #[test]
    fn blanks_alone_are_an_error() {
        let environment = Environment::of(&[("JWT_ISSUER", "  "), ("HOST", " ")]);

        let error = environment.optional(&JWT_ISSUER).unwrap_err().to_string();
        assert_eq!(error, "JWT_ISSUER must be the exact text of the claim iss, or several separated by commas");
        assert_eq!(
            environment.value(&HOST).unwrap_err().to_string(),
            "HOST must be an address of this machine without a port, such as 127.0.0.1, [::] or localhost"
        );
    }

    #[test]
    fn a_default_may_depend_on_the_stage() {
        use crate::config::settings::RATE_LIMIT;

        let rate =
            |variables| Environment::of(variables).value(&RATE_LIMIT).map(|rate| rate.map(std::num::NonZeroU32::get));
        assert_eq!(rate(&[]).unwrap(), None);
        assert_eq!(rate(&[("ENVIRONMENT", "production")]).unwrap(), Some(100));
        assert_eq!(rate(&[("ENVIRONMENT", "production"), ("RATE_LIMIT", "off")]).unwrap(), None);
        let error = rate(&[("RATE_LIMIT", "0")]).unwrap_err().to_string();
        assert_eq!(error, "RATE_LIMIT must be a number from 1 to 1000000, or off");
    }
}
