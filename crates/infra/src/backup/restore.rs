//! Puts a backup in the place of the database.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use domain::Timestamp;
use migration::{HISTORY, SHARED_HISTORY};
use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteLockingMode},
};

use super::{
    BackupError, at,
    copy::{copy, open},
    files::{SIDECARS, beside, or_delete, sync_directory},
    is_same,
};
use crate::{DatabaseUrl, connect::FileLock, migrate::names_of_all};

impl DatabaseUrl {
    /// Puts the backup `file` in the place of the database, and returns the name under which the old database is kept, which has
    /// `now` in it. `None` if there was no database.
    ///
    /// If the process is killed, the database is the old one or the backup, and whole.
    ///
    /// # Errors
    ///
    /// If this is not an SQLite file, if a service or another program has the database open, if `file` is damaged or no backup of
    /// this program's database, or if reading or writing fails. Then nothing has changed.
    pub async fn restore(&self, file: &Path, now: Timestamp) -> Result<Option<PathBuf>, BackupError> {
        let database = &self.sqlite_file()?;
        if !file.exists() {
            return Err(BackupError::Missing(file.to_owned()));
        }
        if is_same(file, database).map_err(at(file))? {
            return Err(BackupError::database_itself(file));
        }
        if let Some(directory) = database.parent() {
            fs::create_dir_all(directory).map_err(at(directory))?;
        }
        let in_use = || BackupError::InUse(database.clone());
        let _no_service_starts = FileLock::exclusive(database).map_err(at(database))?.ok_or_else(in_use)?;
        let draft = beside(database, "-restore");
        let restored = match copy(file, &draft).await {
            Ok(()) => replace(database, &draft, file, now).await,
            Err(error) => Err(error),
        };
        or_delete(&draft, restored)
    }
}

/// Replaces the database by the copy `draft` of `file`, if it is fit.
async fn replace(database: &Path, draft: &Path, file: &Path, now: Timestamp) -> Result<Option<PathBuf>, BackupError> {
    check_tables(draft, file).await?;
    let aside = beside(database, &format!(".before-restore-{}", now.to_string().replace(['-', ':', '.'], "")));
    let kept = database.exists();
    if kept {
        merge_wal(database).await?;
        keep_access(database, draft).map_err(at(draft))?;
        // A second name, so that there is a database at every moment.
        fs::hard_link(database, &aside)
            .or_else(|_not_supported| {
                fs::copy(database, &aside)?;
                fs::File::open(&aside)?.sync_all()
            })
            .map_err(at(&aside))?;
    }
    // The `-wal` of a readable database was merged. What is left belongs to one that is missing or damaged.
    for sidecar in SIDECARS.map(|sidecar| (beside(database, sidecar), beside(&aside, sidecar))) {
        if sidecar.0.exists() {
            fs::rename(&sidecar.0, &sidecar.1).map_err(at(&sidecar.0))?;
        }
    }
    sync_directory(database)?;
    fs::rename(draft, database).map_err(at(database))?;
    sync_directory(database)?;
    Ok(kept.then_some(aside))
}

/// Fails unless the file has tables of this program, none of them newer than the program.
async fn check_tables(draft: &Path, file: &Path) -> Result<(), BackupError> {
    let mut copy = open(draft).await?;
    let known = names_of_all();
    let applied = applied(&mut copy, &known).await;
    copy.close().await.map_err(at(draft))?;
    let unfit = |reason: String| Err(BackupError::Unfit(file.to_owned(), reason));
    match applied.iter().find(|name| !known.contains(name)) {
        Some(newer) => unfit(format!("is newer than this program: use a `tasks-api` that knows {newer}")),
        None if applied.is_empty() => unfit("is not a backup of this service: it has none of its tables".to_owned()),
        None => Ok(()),
    }
}

/// The applied migrations, also where an earlier release recorded them. None if there is no such table.
async fn applied(copy: &mut SqliteConnection, known: &[String]) -> Vec<String> {
    for table in [HISTORY, SHARED_HISTORY] {
        let query = AssertSqlSafe(format!("SELECT version FROM {table} ORDER BY version"));
        let names: Result<Vec<String>, _> = sqlx::query_scalar(query).fetch_all(&mut *copy).await;
        // Without the table the query fails.
        let Ok(mut names) = names else { continue };
        if table == SHARED_HISTORY {
            // The others are migrations of another program.
            names.retain(|name| known.contains(name));
        }
        return names;
    }
    Vec::new()
}

/// Moves what is in the old `-wal` into the old database and deletes the `-wal`. Fails if another program has the database open.
async fn merge_wal(database: &Path) -> Result<(), BackupError> {
    let options = SqliteConnectOptions::new()
        .filename(database)
        .locking_mode(SqliteLockingMode::Exclusive)
        .busy_timeout(std::time::Duration::from_secs(1))
        .disable_statement_logging();
    let merged = async {
        let mut connection = options.connect().await?;
        sqlx::raw_sql("BEGIN EXCLUSIVE; COMMIT; PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut connection).await?;
        connection.close().await
    };
    match merged.await {
        Err(sqlx::Error::Database(error)) if is_busy(&*error) => Err(BackupError::InUse(database.to_owned())),
        // A damaged database is the reason for many a restore. It is kept as it is.
        Err(error) => {
            tracing::warn!(%error, "the old database cannot be read: it is kept as it is");
            Ok(())
        }
        Ok(()) => Ok(()),
    }
}

/// Whether SQLite reports that the database is busy or locked.
fn is_busy(error: &dyn sqlx::error::DatabaseError) -> bool {
    let code = error.code().and_then(|code| code.parse::<u32>().ok());
    // The upper bytes only say more about the lowest.
    code.is_some_and(|code| matches!(code & 0xff, 5 | 6))
}

/// Gives the new file the rights and the owner of the old one: the command may be run by root, and the service by another user.
#[cfg(unix)]
fn keep_access(old: &Path, new: &Path) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, chown};

    let (old, now) = (fs::metadata(old)?, fs::metadata(new)?);
    fs::set_permissions(new, old.permissions())?;
    if (old.uid(), old.gid()) == (now.uid(), now.gid()) {
        return Ok(());
    }
    chown(new, Some(old.uid()), Some(old.gid()))
}

#[cfg(not(unix))]
fn keep_access(_old: &Path, _new: &Path) -> io::Result<()> {
    Ok(())
}
