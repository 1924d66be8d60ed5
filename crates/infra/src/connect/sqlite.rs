//! Opens the connections to SQLite.

use std::{fs, path::Path, sync::Arc, time::Duration};

use domain::BoxError;
use sea_orm::{DbBackend, SqlxSqliteConnector};
use sqlx::{
    SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use tokio::time::{Instant, sleep};

use super::driver::{in_words, logged};
use crate::{Database, DatabaseSettings, Layout, sql::SeaOrmConnection, url::SqliteUrl};

pub(super) async fn connect(url: &SqliteUrl, settings: &DatabaseSettings) -> Result<Database, BoxError> {
    if url.creates {
        let file = url.options.get_filename();
        if let Some(directory) = file.parent() {
            fs::create_dir_all(directory)?;
        }
        make_private(file);
    }
    let options = logged(url.options.clone())
        .foreign_keys(true)
        .busy_timeout(settings.statement_timeout)
        // Readers do not wait for a writer.
        .journal_mode(SqliteJournalMode::Wal)
        // Acknowledged changes survive a power cut. `NORMAL` would be faster and lose the last ones.
        .synchronous(SqliteSynchronous::Full)
        // In KiB per connection: a quarter of the default. The operating system caches the file as well.
        .pragma("cache_size", "-512");
    // No pings: there is no server that could vanish.
    let pool = SqlitePoolOptions::new()
        .min_connections(0)
        .acquire_timeout(settings.acquire_timeout)
        .test_before_acquire(false);
    let pool = if url.in_memory {
        // A database in memory belongs to its connection: a second connection would get its own, and closing it deletes all
        // data.
        pool.max_connections(1).idle_timeout(None).max_lifetime(None)
    } else {
        pool.max_connections(settings.max_connections.max(1))
            .idle_timeout(settings.idle_timeout)
            .max_lifetime(settings.max_lifetime)
    };
    let pool = open(pool, options, settings.statement_timeout).await.map_err(in_words)?;
    let pool = SqlxSqliteConnector::from_sqlx_sqlite_pool(pool);
    let connection = Arc::new(SeaOrmConnection::new(pool.clone()));
    let layout = Layout::new(DbBackend::Sqlite, None);
    Ok(Database { connection, pool, executor: None, layout, wanted: settings.into() })
}

/// Creates an empty file that only its owner may read or write. SQLite treats it as a new database and gives its additional
/// files the same mode. An existing file is not changed. Any other error is ignored, because SQLite will run into it too and
/// report it.
fn make_private(file: &Path) {
    let mut options = fs::OpenOptions::new();
    // Never opens an existing file: closing it would release this process's locks on it.
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file).ok();
}

/// Opens the pool, and waits while another process creates the same file. SQLite itself waits in every step except the switch
/// to WAL.
async fn open(
    pool: SqlitePoolOptions,
    options: SqliteConnectOptions,
    busy_limit: Duration,
) -> Result<SqlitePool, sqlx::Error> {
    let limit = Instant::now() + busy_limit;
    loop {
        match pool.clone().connect_with(options.clone()).await {
            Err(sqlx::Error::Database(reported))
                if reported.code().as_deref() == Some("5") && Instant::now() < limit =>
            {
                sleep(Duration::from_millis(20)).await;
            }
            outcome => return outcome,
        }
    }
}
