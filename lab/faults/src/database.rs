//! The database of a check: its own Postgres server, or an SQLite file.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use sqlx::{AssertSqlSafe, Connection, SqliteConnection, sqlite::SqliteConnectOptions};

use crate::{context::Context, postgres::Postgres, settings::Settings};

/// The kinds of database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Store {
    Postgres,
    Sqlite,
}

impl fmt::Display for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Postgres => "Postgres",
            Self::Sqlite => "SQLite",
        })
    }
}

/// The database of one check, empty at first.
pub(crate) enum Database {
    Postgres(Box<Postgres>),
    Sqlite(PathBuf),
}

impl Database {
    pub(crate) async fn make(context: &Context, store: Store) -> anyhow::Result<Self> {
        Ok(match store {
            Store::Postgres => Self::Postgres(Box::new(Postgres::start(context).await?)),
            Store::Sqlite => Self::Sqlite(context.directory("sqlite")?.join("tasks.db")),
        })
    }

    /// The URL of another empty database of the same kind.
    pub(crate) async fn another(&self, context: &Context, name: &str) -> anyhow::Result<String> {
        match self {
            Self::Postgres(server) => server.create_database(name).await,
            Self::Sqlite(_) => Ok(sqlite_url(&context.directory("sqlite")?.join("tasks.db"))),
        }
    }

    pub(crate) fn url(&self) -> String {
        match self {
            Self::Postgres(server) => server.url(),
            Self::Sqlite(file) => sqlite_url(file),
        }
    }

    /// Runs statements as a superuser.
    pub(crate) async fn execute(&self, statement: &str) -> anyhow::Result<()> {
        let statement = sqlx::raw_sql(AssertSqlSafe(statement.to_owned()));
        match self {
            Self::Postgres(server) => statement.execute(&mut server.admin().await?).await.map(drop)?,
            Self::Sqlite(file) => statement.execute(&mut open(file).await?).await.map(drop)?,
        }
        Ok(())
    }

    /// Settings for production with this database.
    pub(crate) fn settings(&self) -> Settings {
        Settings::production(&self.url())
    }
}

/// Opens an SQLite file from a different process than the service.
pub(crate) async fn open(file: &Path) -> anyhow::Result<SqliteConnection> {
    Ok(SqliteConnection::connect_with(&SqliteConnectOptions::new().filename(file)).await?)
}

pub(crate) fn sqlite_url(file: &Path) -> String {
    format!("sqlite:{}", file.display())
}
