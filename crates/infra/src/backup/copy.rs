//! Copies an SQLite database into a new file.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
};

use sqlx::{ConnectOptions, Connection, SqliteConnection, sqlite::SqliteConnectOptions};

use super::{
    BackupError, at,
    files::{SIDECARS, beside},
};

/// Copies `database`, with what is in its `-wal`, to the new file `draft`. A leftover of this name is replaced. Other programs
/// may use the database at the same time.
///
/// The copy is one file that only its owner can read. When this returns, it has been checked and is on disk.
pub(super) async fn copy(database: &Path, draft: &Path) -> Result<(), BackupError> {
    let name =
        draft.to_str().ok_or_else(|| BackupError::Unfit(draft.to_owned(), "must be a name in UTF-8".to_owned()))?;
    create_private(draft)?;
    let mut source = open(database).await?;
    check(&mut source, database).await?;
    let copied = sqlx::query("VACUUM INTO ?").bind(name).execute(&mut source).await;
    source.close().await.map_err(at(database))?;
    copied.map_err(at(database))?;
    let mut copy = open(draft).await?;
    check(&mut copy, draft).await?;
    copy.close().await.map_err(at(draft))?;
    File::open(draft).and_then(|file| file.sync_all()).map_err(at(draft))
}

/// Opens a database to read it.
pub(super) async fn open(database: &Path) -> Result<SqliteConnection, BackupError> {
    let options = SqliteConnectOptions::new().filename(database).read_only(true).disable_statement_logging();
    options.connect().await.map_err(at(database))
}

async fn check(connection: &mut SqliteConnection, file: &Path) -> Result<(), BackupError> {
    let outcome: Result<String, _> = sqlx::query_scalar("PRAGMA integrity_check(1)").fetch_one(connection).await;
    match outcome.as_deref() {
        Ok("ok") => Ok(()),
        Ok(fault) => Err(BackupError::Unfit(file.to_owned(), format!("is damaged: {}", fault.replace('\n', " ")))),
        Err(_) => outcome.map(drop).map_err(at(file)),
    }
}

/// Creates an empty file, into which SQLite copies. What a killed command has left is deleted.
fn create_private(file: &Path) -> Result<(), BackupError> {
    for leftover in SIDECARS.map(|sidecar| beside(file, sidecar)).iter().map(PathBuf::as_path).chain([file]) {
        if leftover.exists() {
            fs::remove_file(leftover).map_err(at(leftover))?;
        }
    }
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file).map(drop).map_err(at(file))
}
