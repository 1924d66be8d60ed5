//! Parses SQLite URLs.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use sqlx::sqlite::SqliteConnectOptions;

use super::invalid::InvalidDatabaseUrl;

/// An SQLite URL.
#[derive(Clone)]
pub(crate) struct SqliteUrl {
    pub(crate) options: SqliteConnectOptions,
    /// Whether the database is in memory, so that closing its connection deletes it.
    pub(crate) in_memory: bool,
    /// Whether to create a missing file.
    pub(crate) creates: bool,
}

impl SqliteUrl {
    pub(crate) fn parse(text: &str) -> Result<Self, InvalidDatabaseUrl> {
        let options: SqliteConnectOptions = text.parse().map_err(|_repeats_the_value| {
            InvalidDatabaseUrl("must not have parameters other than mode, cache, immutable and vfs".to_owned())
        })?;
        let (file, parameters) = text.split_once('?').unwrap_or((text, ""));
        let mode = parameters.split('&').find_map(|parameter| parameter.strip_prefix("mode="));
        let in_memory = file.ends_with(":memory:") || mode == Some("memory");
        if options.get_filename() == Path::new("") && !in_memory {
            return Err(InvalidDatabaseUrl("must name a file: sqlite:data/tasks.db".to_owned()));
        }
        // Without a mode, a missing file is created.
        let options = if mode.is_none() { options.create_if_missing(true) } else { options };
        let creates = !in_memory && mode.is_none_or(|mode| mode == "rwc");
        Ok(Self { options, in_memory, creates })
    }

    /// The file itself, where the URL may name a link to it. SQLite keeps the `-wal` beside the file itself.
    pub(crate) fn file(&self) -> PathBuf {
        let file = self.options.get_filename();
        file.canonicalize().unwrap_or_else(|_missing| file.to_owned())
    }

    pub(crate) fn existing(self) -> Self {
        Self { options: self.options.create_if_missing(false), creates: false, ..self }
    }
}

impl fmt::Display for SqliteUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.in_memory {
            f.write_str("SQLite in memory")
        } else {
            write!(f, "SQLite file {}", self.options.get_filename().display())
        }
    }
}
