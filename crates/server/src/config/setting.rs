//! The definition of one setting.

use std::fmt;

use super::format::Format;

/// A setting with a value of type `T`.
pub(crate) struct Setting<T: 'static> {
    /// The name of the environment variable.
    pub(crate) name: &'static str,
    /// For a secret, the variable that names a file with the value instead.
    pub(crate) file: Option<&'static str>,
    /// The format of its value.
    pub(crate) format: &'static dyn Format<T>,
    /// Its default.
    pub(crate) default: Fallback,
    /// Its purpose.
    pub(crate) meaning: &'static str,
}

/// The default of a setting.
#[derive(Debug)]
pub(crate) enum Fallback {
    /// Always this value.
    Value(&'static str),
    /// One of these values, depending on `ENVIRONMENT`.
    ByStage { development: &'static str, production: &'static str },
    /// A text that describes on what the default depends.
    Depends(&'static str),
}

impl fmt::Display for Fallback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(value) => write!(f, "`{value}`"),
            Self::ByStage { development, production } => {
                write!(f, "development: `{development}`; production: `{production}`")
            }
            Self::Depends(words) => f.write_str(words),
        }
    }
}

impl<T> Setting<T> {
    /// The rule for the value, to follow the name in an error.
    pub(crate) fn rule(&self) -> String {
        format!("must be {}", self.format.expects())
    }
}

/// A setting of any type, as a row of a table.
pub(crate) trait Row: Sync {
    /// The variable with the value, and the one that names a file with it.
    fn variables(&self) -> (&'static str, Option<&'static str>);

    /// The row in Markdown.
    fn row(&self) -> String;

    /// The default values of this setting, each with whether it can be parsed.
    #[cfg(test)]
    fn defaults(&self) -> Vec<(&'static str, bool)>;
}

impl<T> Row for Setting<T> {
    fn variables(&self) -> (&'static str, Option<&'static str>) {
        (self.name, self.file)
    }

    fn row(&self) -> String {
        let Self { name, file, format, default, meaning } = self;
        let file = file.map(|file| format!(" or `{file}`")).unwrap_or_default();
        format!("| `{name}`{file} | {} | {default} | {meaning} |\n", format.expects())
    }

    #[cfg(test)]
    fn defaults(&self) -> Vec<(&'static str, bool)> {
        let values = match self.default {
            Fallback::Value(value) => vec![value],
            Fallback::ByStage { development, production } => vec![development, production],
            Fallback::Depends(_) => vec![],
        };
        values.into_iter().map(|value| (value, self.format.parse(value).is_some())).collect()
    }
}
