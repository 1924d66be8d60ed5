//! The source of the settings' values.

use std::{collections::HashMap, env::VarError, fmt::Display, path::Path};

use anyhow::{anyhow, bail};

use super::{
    dotenv::{self, Entry},
    found::{Found, Source, content},
    setting::{Fallback, Setting},
    settings::{self, ENVIRONMENT},
    stage::Stage,
};

/// The values of the settings: the environment of the process, and in development files such as `.env`.
pub(crate) struct Environment {
    process: Box<Process>,
    files: HashMap<String, Entry>,
}

/// The value of this variable in the environment of the process.
type Process = dyn Fn(&str) -> Result<Option<String>, NotText>;

/// The value is not valid Unicode.
#[derive(Debug, Clone, Copy)]
struct NotText;

impl Environment {
    /// Reads the environment of the process. Unless it has `ENVIRONMENT=production`, files such as `.env` in the working
    /// directory provide missing variables.
    ///
    /// # Errors
    ///
    /// If `ENVIRONMENT` is invalid or a file cannot be read.
    pub(crate) fn of_process() -> anyhow::Result<Self> {
        let process = Self { process: Box::new(of_process), files: HashMap::new() };
        if process.value(&ENVIRONMENT)? == Stage::Production {
            return Ok(process);
        }
        // A variable that is not Unicode counts as not set here, and is an error where it is read.
        let files =
            dotenv::read(Path::new("."), |name| of_process(name).ok().flatten().filter(|value| !value.is_empty()))?;
        Ok(Self { files, ..process })
    }

    /// Only these values.
    #[cfg(test)]
    pub(crate) fn of(values: &'static [(&str, &str)]) -> Self {
        let value =
            |name: &str| values.iter().find(|(variable, _)| *variable == name).map(|(_, value)| (*value).to_owned());
        Self { process: Box::new(move |name| Ok(value(name))), files: HashMap::new() }
    }

    /// The value of a setting that always has a default.
    ///
    /// # Errors
    ///
    /// One line that names the variable and what it must be. It does not show the value.
    pub(crate) fn value<T>(&self, setting: &Setting<T>) -> anyhow::Result<T> {
        self.optional(setting)?.ok_or_else(|| self.invalid(setting, setting.rule()))
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
        setting.format.parse(&text).map(Some).ok_or_else(|| self.invalid(setting, setting.rule()))
    }

    /// Whether a setting is set.
    ///
    /// # Errors
    ///
    /// If the value is not valid Unicode, or only blanks.
    pub(crate) fn is_set<T>(&self, setting: &Setting<T>) -> anyhow::Result<bool> {
        Ok(self.text(setting)?.is_some())
    }

    /// The error for a value that breaks a rule such as "must be on or off". It names the variable and the line that sets it,
    /// and does not show the value.
    pub(crate) fn invalid<T>(&self, setting: &Setting<T>, rule: impl Display) -> anyhow::Error {
        let name = setting.name;
        match self.found(name, setting.file) {
            Ok(Some(found)) => match found.oddity() {
                Some(oddity) => anyhow!("{}{name} {rule}; it {oddity}", found.source),
                None => anyhow!("{}{name} {rule}", found.source),
            },
            _ => anyhow!("{name} {rule}"),
        }
    }

    /// What is odd about the values of settings, although each may be meant: one line for each.
    pub(crate) fn oddities(&self) -> Vec<String> {
        let odd = |(name, file)| {
            let found = self.found(name, file).ok()??;
            Some(format!("{}{name} {}", found.source, found.oddity()?))
        };
        settings::variables().filter_map(odd).collect()
    }

    /// The text of a value. An empty value counts as not set, because `.env` files use that to leave settings out. Blanks alone
    /// are an error, because ignoring them could switch off a check.
    fn text<T>(&self, setting: &Setting<T>) -> anyhow::Result<Option<String>> {
        let Some(Found { text, .. }) = self.found(setting.name, setting.file)? else { return Ok(None) };
        if setting.format.keeps_blanks() {
            return Ok(Some(text));
        }
        match text.trim() {
            "" => Err(self.invalid(setting, setting.rule())),
            text => Ok(Some(text.to_owned())),
        }
    }

    /// The value of the variable `name`, or the content of the file that the variable `file` names.
    fn found(&self, name: &str, file: Option<&'static str>) -> anyhow::Result<Option<Found>> {
        let value = self.variable(name)?;
        let Some(file) = file else { return Ok(value) };
        let is_of_process = |found: &Found| matches!(found.source, Source::Process);
        match (value, self.variable(file)?) {
            (Some(value), Some(path)) if is_of_process(&value) == is_of_process(&path) => {
                bail!("{name} and {file} are both set: unset one of them")
            }
            // The environment of the process counts before a file such as `.env`.
            (Some(value), Some(_)) if is_of_process(&value) => Ok(Some(value)),
            (_, Some(path)) => Ok(Some(Found { text: content(file, path.text.trim())?, source: Source::FileOf(file) })),
            (value, None) => Ok(value),
        }
    }

    fn variable(&self, name: &str) -> anyhow::Result<Option<Found>> {
        let of_process = (self.process)(name).map_err(|NotText| anyhow!("{name} must be text in UTF-8"))?;
        if let Some(text) = of_process.filter(|value| !value.is_empty()) {
            return Ok(Some(Found { text, source: Source::Process }));
        }
        let Some(entry) = self.files.get(name).filter(|entry| !entry.value.is_empty()) else { return Ok(None) };
        let found = Found { text: entry.value.clone(), source: Source::Line(entry.clone()) };
        if found.text.contains(char::REPLACEMENT_CHARACTER) {
            bail!("{}{name} must be text in UTF-8", found.source);
        }
        Ok(Some(found))
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
