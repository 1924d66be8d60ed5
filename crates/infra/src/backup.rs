//! Copies of an SQLite database: making one while the service runs, and restoring it.

mod copy;
mod files;
mod restore;

use std::{
    fs,
    io::{self, ErrorKind},
    path::{Path, PathBuf},
};

use domain::BoxError;

use self::{
    copy::copy,
    files::{beside, or_delete, sync_directory},
};
use crate::{DatabaseUrl, url::Target};

/// A backup could not be made or restored. The message is one line that says what to do. The database is as it was.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// These commands are for SQLite files.
    #[error("DATABASE_URL is Postgres: use pg_dump and pg_restore, which back up Better Auth's tables too")]
    Postgres,
    /// A database in memory has no file.
    #[error("DATABASE_URL is SQLite in memory, which has no file")]
    InMemory,
    /// The database of this file does not exist.
    #[error("there is no database {0}")]
    Missing(PathBuf),
    /// Nothing is overwritten unasked.
    #[error("{0} exists: choose another name, or add --overwrite")]
    Exists(PathBuf),
    /// Another program has the database open.
    #[error(
        "{0} is in use: stop the service first, and every other program that has the database open (docs/troubleshooting.md#restore)"
    )]
    InUse(PathBuf),
    /// The file is not a backup that this program can use.
    #[error("{0} {1}")]
    Unfit(PathBuf, String),
    /// A file could not be read or written.
    #[error("{0}: {1}")]
    Failed(PathBuf, BoxError),
}

impl BackupError {
    fn database_itself(file: &Path) -> Self {
        Self::Unfit(file.to_owned(), "is the database itself".to_owned())
    }
}

/// Adds the file to an error.
fn at<E: Into<BoxError>>(file: &Path) -> impl FnOnce(E) -> BackupError + '_ {
    |error| BackupError::Failed(file.to_owned(), error.into())
}

impl DatabaseUrl {
    /// Copies the database to `file`, which only its owner can read then. Services may go on reading and writing: the copy has
    /// the changes of all requests that were answered before it began.
    ///
    /// The copy is checked and on disk when this returns. If the process is killed, there is no `file`, or the old one.
    ///
    /// # Errors
    ///
    /// If this is not an SQLite file, if `file` is the database, if it exists and `overwrite` is false, or if reading or writing
    /// fails.
    pub async fn back_up(&self, file: &Path, overwrite: bool) -> Result<(), BackupError> {
        let database = &self.sqlite_file()?;
        if !database.exists() {
            return Err(BackupError::Missing(database.clone()));
        }
        if is_same(database, file).map_err(at(file))? {
            return Err(BackupError::database_itself(file));
        }
        if !overwrite && file.exists() {
            return Err(BackupError::Exists(file.to_owned()));
        }
        let draft = beside(file, "-incomplete");
        let placed = copy(database, &draft).await.and_then(|()| place(&draft, file, overwrite));
        or_delete(&draft, placed)?;
        sync_directory(file)
    }

    /// The file of an SQLite database.
    fn sqlite_file(&self) -> Result<PathBuf, BackupError> {
        match &self.0 {
            Target::Postgres(_) => Err(BackupError::Postgres),
            Target::Sqlite(url) if url.in_memory => Err(BackupError::InMemory),
            Target::Sqlite(url) => Ok(url.file()),
        }
    }
}

/// Gives a finished file its name.
fn place(draft: &Path, file: &Path, overwrite: bool) -> Result<(), BackupError> {
    if overwrite {
        return fs::rename(draft, file).map_err(at(file));
    }
    // Unlike a rename, a link fails if the name exists by now.
    match fs::hard_link(draft, file) {
        Ok(()) => fs::remove_file(draft).map_err(at(draft)),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(BackupError::Exists(file.to_owned())),
        // Some file systems of network and USB drives have no links.
        Err(_not_supported) => fs::rename(draft, file).map_err(at(file)),
    }
}

/// Whether both are names of one file.
fn is_same(one: &Path, other: &Path) -> io::Result<bool> {
    Ok(other.exists() && fs::canonicalize(one)? == fs::canonicalize(other)?)
}
