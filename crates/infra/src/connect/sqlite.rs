use std::{fs, path::Path, sync::Arc, time::Duration};

use domain::BoxError;
use sea_orm::SqlxSqliteConnector;
use sqlx::{
    SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use tokio::time::{Instant, sleep};

use super::driver::{in_words, logged};
use crate::{Database, DatabaseSettings, sql::SeaOrmConnection, url::SqliteUrl};

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
        // Readers go on while someone writes.
        .journal_mode(SqliteJournalMode::Wal)
        // What was acknowledged survives a power cut. `NORMAL` would be faster and lose the last changes.
        .synchronous(SqliteSynchronous::Full)
        // In KiB, for each connection: a quarter of the default. The system keeps what it has read of the file as well.
        .pragma("cache_size", "-512");
    // No pings: there is no peer that could vanish.
    let pool = SqlitePoolOptions::new()
        .min_connections(0)
        .acquire_timeout(settings.acquire_timeout)
        .test_before_acquire(false);
    let pool = if url.in_memory {
        // A database in memory is its connection: a second one would see another database, a closed one takes all along.
        pool.max_connections(1).idle_timeout(None).max_lifetime(None)
    } else {
        pool.max_connections(settings.max_connections.max(1))
            .idle_timeout(settings.idle_timeout)
            .max_lifetime(settings.max_lifetime)
    };
    let pool = open(pool, options, settings.statement_timeout).await.map_err(in_words)?;
    let pool = SqlxSqliteConnector::from_sqlx_sqlite_pool(pool);
    Ok(Database { connection: Arc::new(SeaOrmConnection::new(pool.clone())), pool, executor: None })
}

/// Makes an empty file that only its owner may read or write, which SQLite takes for a new database; the files that it adds
/// get the same mode. One that is there stays as it is. What goes wrong otherwise SQLite will meet too, and tell.
fn make_private(file: &Path) {
    let mut options = fs::OpenOptions::new();
    // Never opens one that is there: to close it would take away the locks that this process has on it.
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file).ok();
}

/// Opens the pool, and waits while another process makes the same file: the one step of that for which SQLite itself does
/// not wait is the switch to WAL.
async fn open(
    pool: SqlitePoolOptions,
    options: SqliteConnectOptions,
    busy_limit: Duration,
) -> Result<SqlitePool, sqlx::Error> {
    let limit = Instant::now() + busy_limit;
    loop {
        match pool.clone().connect_with(options.clone()).await {
            Err(sqlx::Error::Database(said)) if said.code().as_deref() == Some("5") && Instant::now() < limit => {
                sleep(Duration::from_millis(20)).await;
            }
            outcome => return outcome,
        }
    }
}
