//! The URL of a database. It may contain a password.

mod invalid;
mod postgres;
mod sqlite;
#[cfg(test)]
mod tests;

use std::fmt;

pub use invalid::InvalidDatabaseUrl;
pub(crate) use postgres::{Authorities, Mode, Pem, PostgresUrl, Proof, Server, Tls};
pub(crate) use sqlite::SqliteUrl;

/// Which database to use: `postgres://…` or `sqlite:…`.
///
/// Neither `Debug` nor `Display` shows a user or a password.
#[derive(Clone)]
pub struct DatabaseUrl(pub(crate) Target);

#[derive(Clone)]
pub(crate) enum Target {
    Postgres(Box<PostgresUrl>),
    Sqlite(Box<SqliteUrl>),
}

impl DatabaseUrl {
    /// Reads `postgres://…`, `postgresql://…` and `sqlite:…`. `SQLAlchemy`'s name of a driver in the scheme, such as
    /// `postgresql+asyncpg://…`, has no effect.
    ///
    /// What a Postgres URL leaves out comes from the same variables as for `psql` (`PGPASSWORD`, `PGSSLROOTCERT`…).
    ///
    /// # Errors
    ///
    /// If the scheme is a different one or a part is malformed.
    pub fn parse(text: &str) -> Result<Self, InvalidDatabaseUrl> {
        if is_postgres(text) {
            PostgresUrl::parse(text).map(|url| Self(Target::Postgres(Box::new(url))))
        } else if text.starts_with("sqlite:") {
            SqliteUrl::parse(text).map(|url| Self(Target::Sqlite(Box::new(url))))
        } else {
            Err(InvalidDatabaseUrl("must be postgres://… or sqlite:…".to_owned()))
        }
    }

    /// The same database, without creating a missing file.
    #[must_use]
    pub fn existing(self) -> Self {
        match self.0 {
            Target::Sqlite(url) => Self(Target::Sqlite(Box::new(url.existing()))),
            Target::Postgres(_) => self,
        }
    }

    /// The schema that a Postgres URL names with the parameter `schema`, as Prisma's URLs do.
    #[must_use]
    pub fn schema(&self) -> Option<&str> {
        match &self.0 {
            Target::Postgres(url) => url.schema.as_deref(),
            Target::Sqlite(_) => None,
        }
    }

    /// Whether the database is Postgres. Otherwise it is SQLite.
    #[must_use]
    pub fn is_postgres(&self) -> bool {
        matches!(self.0, Target::Postgres(_))
    }
}

fn is_postgres(text: &str) -> bool {
    let Some((scheme, _)) = text.split_once("://") else { return false };
    let (scheme, driver) = scheme.split_once('+').unwrap_or((scheme, "none"));
    matches!(scheme, "postgres" | "postgresql")
        && driver.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

impl fmt::Display for DatabaseUrl {
    /// Names the database for a log: the server or the file.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Target::Postgres(url) => url.fmt(f),
            Target::Sqlite(url) => url.fmt(f),
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseUrl({self})")
    }
}
