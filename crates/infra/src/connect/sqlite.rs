//! Opens the connections to SQLite.

use std::{fs, io::Read, path::Path, sync::Arc, time::Duration};

use domain::BoxError;
use sea_orm::{DbBackend, SqlxSqliteConnector};
use sqlx::{
    SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use tokio::time::{Instant, sleep};

use super::{
    driver::{in_words, logged},
    file_lock::FileLock,
};
use crate::{Database, DatabaseSettings, Layout, sql::SeaOrmConnection, url::SqliteUrl};

pub(super) async fn connect(url: &SqliteUrl, settings: &DatabaseSettings) -> Result<Database, BoxError> {
    let file = url.options.get_filename();
    if url.creates {
        if let Some(directory) = file.parent() {
            fs::create_dir_all(directory)?;
        }
        make_private(file);
    }
    let file_lock =
        if !url.in_memory && file.exists() { lock(&url.file(), settings.statement_timeout).await? } else { None };
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
    let connection = Arc::new(SeaOrmConnection::new(pool.clone(), None));
    let layout = Layout::new(DbBackend::Sqlite, None);
    Ok(Database {
        connection,
        pool,
        executor: None,
        route: None,
        layout,
        wanted: settings.into(),
        sharing: None,
        file_lock,
    })
}

/// Keeps the file from being replaced while it is in use.
async fn lock(file: &Path, busy_limit: Duration) -> Result<Option<Arc<FileLock>>, BoxError> {
    let limit = Instant::now() + busy_limit;
    // Only the first to open the database looks at the file: closing it would release the locks of others in this process.
    if let Ok(Some(_first)) = FileLock::exclusive(file) {
        reject_foreign_wal(file)?;
    }
    loop {
        match FileLock::shared(file) {
            Ok(Some(lock)) => return Ok(Some(Arc::new(lock))),
            // Another start looks at the file at this moment, or it is being restored.
            Ok(None) if Instant::now() < limit => sleep(Duration::from_millis(20)).await,
            Ok(None) => return Err("it is being restored: start again when `tasks-api restore` is done".into()),
            // Where no file can be created or locked, a restore still notices open connections.
            Err(_) => return Ok(None),
        }
    }
}

/// Fails if the file has a `-wal` and says that it never had one, as a backup does. Then it was copied over the database, and
/// SQLite would apply the changes of the old database to it.
fn reject_foreign_wal(file: &Path) -> Result<(), BoxError> {
    /// The file format: 1 without a `-wal`, 2 with one.
    const VERSION: usize = 18;

    let mut wal = file.as_os_str().to_owned();
    wal.push("-wal");
    if !fs::metadata(wal).is_ok_and(|wal| wal.len() > 0) {
        return Ok(());
    }
    let mut head = [0; VERSION + 1];
    // SQLite itself reports a file that cannot be read.
    let is_read = fs::File::open(file).and_then(|mut file| file.read_exact(&mut head)).is_ok();
    if is_read && head[VERSION] == 1 {
        return Err(
            "it was replaced, but its -wal has changes of the old database, which SQLite would apply to this one: \
                    move the -wal away, or use `tasks-api restore` (docs/troubleshooting.md#restore)"
                .into(),
        );
    }
    Ok(())
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
