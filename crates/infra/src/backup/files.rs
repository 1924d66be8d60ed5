//! The names of files, and their directory on disk.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
};

use super::{BackupError, at};

/// What SQLite keeps beside a database. It belongs to the database of its name, whatever that is: an old `-wal` would be applied
/// to a restored file, which brings old rows back.
pub(super) const SIDECARS: [&str; 3] = ["-wal", "-shm", "-journal"];

/// The file of the same directory whose name has this addition.
pub(super) fn beside(file: &Path, addition: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(addition);
    name.into()
}

/// Deletes the file if what it was made for has failed.
pub(super) fn or_delete<T>(draft: &Path, outcome: Result<T, BackupError>) -> Result<T, BackupError> {
    outcome.inspect_err(|_failure| {
        // The failure says more than one to clean up.
        fs::remove_file(draft).ok();
    })
}

/// Waits until the names in the directory of this file are on disk.
pub(super) fn sync_directory(file: &Path) -> Result<(), BackupError> {
    // Windows cannot open a directory.
    if cfg!(unix) {
        let directory = match file.parent() {
            Some(parent) if parent != Path::new("") => parent,
            _ => Path::new("."),
        };
        File::open(directory).and_then(|directory| directory.sync_all()).map_err(at(directory))?;
    }
    Ok(())
}
