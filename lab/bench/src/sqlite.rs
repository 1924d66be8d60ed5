//! The SQLite file of the benchmark.

use std::{path::Path, time::Duration};

use anyhow::Context;
use sqlx::{AssertSqlSafe, ConnectOptions, Executor, SqliteConnection, sqlite::SqliteConnectOptions};
use tokio::runtime::Runtime;

/// A connection to the file.
pub(crate) struct Sqlite {
    runtime: Runtime,
    connection: SqliteConnection,
}

impl Sqlite {
    /// Opens an existing file.
    pub(crate) fn open(file: &Path) -> anyhow::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let options = SqliteConnectOptions::new().filename(file).busy_timeout(Duration::from_secs(10));
        let connection = runtime.block_on(options.connect())?;
        Ok(Self { runtime, connection })
    }

    /// Runs one statement. Returns how many rows it changed.
    pub(crate) fn execute(&mut self, statement: &str) -> anyhow::Result<u64> {
        let done = self.runtime.block_on(self.connection.execute(AssertSqlSafe(statement)));
        Ok(done.with_context(|| statement.to_owned())?.rows_affected())
    }
}
