//! Where the values of settings come from.

use std::{collections::HashMap, env::VarError, str::FromStr};

use anyhow::{Context, anyhow};

use super::{ENVIRONMENT, Fallback, Setting};
use crate::config::Stage;

/// The values of the settings: variables of the process, and in development those of a file `.env`.
pub(crate) struct Environment {
    variables: Box<Variables>,
}

type Variables = dyn Fn(&Setting) -> anyhow::Result<Option<String>>;

impl Environment {
    /// The variables of the process. Where they do not say `ENVIRONMENT=production`, a file `.env` in the working
    /// directory stands in for those that are not set.
    pub(crate) fn of_process() -> anyhow::Result<Self> {
        let process = Self { variables: Box::new(of_process) };
        if process.value::<Stage>(&ENVIRONMENT)? == Stage::Production {
            return Ok(process);
        }
        let file: HashMap<String, String> = match dotenvy::from_path_iter(".env") {
            Ok(pairs) => pairs.collect::<Result<_, _>>().map_err(|_shows_the_line| {
                anyhow!(".env must hold lines such as PORT=8000; one of its lines cannot be read")
            })?,
            Err(error) if error.not_found() => HashMap::new(),
            Err(error) => return Err(error).context(".env cannot be read"),
        };
        let variables =
            move |setting: &Setting| Ok(process.as_it_is(setting)?.or_else(|| file.get(setting.name).cloned()));
        Ok(Self { variables: Box::new(variables) })
    }

    /// These values and no others.
    #[cfg(test)]
    pub(crate) fn of(values: &'static [(&str, &str)]) -> Self {
        let value = |name| values.iter().find(|(variable, _)| *variable == name).map(|(_, value)| (*value).to_owned());
        Self { variables: Box::new(move |setting| Ok(value(setting.name))) }
    }

    /// The value as it is, blanks included. One that is empty counts as not set: that is how `.env` files leave settings out.
    ///
    /// # Errors
    ///
    /// If it is not text.
    pub(crate) fn as_it_is(&self, setting: &Setting) -> anyhow::Result<Option<String>> {
        Ok((self.variables)(setting)?.filter(|value| !value.is_empty()))
    }

    /// The value without blanks around it.
    ///
    /// # Errors
    ///
    /// If it is not text, or nothing but blanks: nobody means that, and to take it for not set could switch off a check.
    pub(crate) fn text(&self, setting: &Setting) -> anyhow::Result<Option<String>> {
        let Some(value) = self.as_it_is(setting)? else { return Ok(None) };
        match value.trim() {
            "" => Err(setting.must_be_what_it_expects()),
            text => Ok(Some(text.to_owned())),
        }
    }

    /// The value, parsed; or its default, where that is a value.
    ///
    /// # Errors
    ///
    /// One line that names the variable and what it must be, but not what it is.
    pub(crate) fn parsed<T: FromStr>(&self, setting: &Setting) -> anyhow::Result<Option<T>> {
        let default = match setting.default {
            Fallback::Value(value) => Some(value.to_owned()),
            Fallback::ByStage { development, production } => match self.value(&ENVIRONMENT)? {
                Stage::Development => Some(development.to_owned()),
                Stage::Production => Some(production.to_owned()),
            },
            Fallback::Depends(_) => None,
        };
        let Some(text) = self.text(setting)?.or(default) else { return Ok(None) };
        text.parse().map(Some).map_err(|_unreadable| setting.must_be_what_it_expects())
    }

    /// As [`parsed`](Self::parsed), for a setting that always has a value.
    pub(crate) fn value<T: FromStr>(&self, setting: &Setting) -> anyhow::Result<T> {
        self.parsed(setting)?.ok_or_else(|| setting.must_be_what_it_expects())
    }
}

fn of_process(setting: &Setting) -> anyhow::Result<Option<String>> {
    match std::env::var(setting.name) {
        Ok(value) => Ok(Some(value)),
        Err(VarError::NotPresent) => Ok(None),
        Err(VarError::NotUnicode(_)) => Err(setting.must_be_what_it_expects()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{DATABASE_URL, HOST, JWT_ISSUER, PORT, SESSION_TOKENS};

    #[test]
    fn an_empty_value_counts_as_not_set() {
        let environment = Environment::of(&[("DATABASE_URL", ""), ("PORT", "")]);

        assert_eq!(environment.text(&DATABASE_URL).unwrap(), None);
        assert_eq!(environment.value::<u16>(&PORT).unwrap(), 8000);
    }

    #[test]
    fn blanks_around_a_value_do_not_count_unless_it_is_taken_as_it_is() {
        let environment = Environment::of(&[("SESSION_TOKENS", " bearer\t"), ("HOST", " ::1\n"), ("PORT", " 1 ")]);

        assert_eq!(environment.text(&SESSION_TOKENS).unwrap().as_deref(), Some("bearer"));
        assert_eq!(environment.value::<String>(&HOST).unwrap(), "::1");
        assert_eq!(environment.value::<u16>(&PORT).unwrap(), 1);
        assert_eq!(environment.as_it_is(&SESSION_TOKENS).unwrap().as_deref(), Some(" bearer\t"));
    }

    #[test]
    fn a_value_of_blanks_alone_is_none() {
        let environment = Environment::of(&[("JWT_ISSUER", "  "), ("HOST", " ")]);

        assert_eq!(
            environment.text(&JWT_ISSUER).unwrap_err().to_string(),
            "JWT_ISSUER must be the exact text of the claim iss"
        );
        assert_eq!(
            environment.value::<String>(&HOST).unwrap_err().to_string(),
            "HOST must be an address of this machine"
        );
    }
}
