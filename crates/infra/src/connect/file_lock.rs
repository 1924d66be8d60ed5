//! A lock on an SQLite file between the processes of this program.
//!
//! SQLite's own locks last as long as a connection. A service has none while it is idle, and a restore must not replace the file
//! under it.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io,
    path::Path,
};

/// Holds the lock until it is dropped. A killed process holds no lock.
#[derive(Debug)]
pub(crate) struct FileLock(#[expect(dead_code, reason = "it is there to be dropped")] File);

impl FileLock {
    /// The lock of a program that uses the database. Many can hold it. `None` while the database is restored.
    pub(crate) fn shared(database: &Path) -> io::Result<Option<Self>> {
        let file = open(database)?;
        held(file.try_lock_shared(), file)
    }

    /// The lock of a program that replaces the file. `None` while another program uses the database.
    pub(crate) fn exclusive(database: &Path) -> io::Result<Option<Self>> {
        let file = open(database)?;
        held(file.try_lock(), file)
    }
}

fn held(outcome: Result<(), TryLockError>, file: File) -> io::Result<Option<FileLock>> {
    match outcome {
        Ok(()) => Ok(Some(FileLock(file))),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Opens the empty file that is locked. It is not the database, since closing that would release SQLite's own locks. Reading it
/// is enough, because another user may have created it.
fn open(database: &Path) -> io::Result<File> {
    let mut name = database.as_os_str().to_owned();
    name.push("-lock");
    File::open(&name).or_else(|_missing| OpenOptions::new().write(true).create(true).truncate(false).open(&name))
}
