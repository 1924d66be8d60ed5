//! Finds the Postgres installation of this machine.

use std::{
    env, fs, io,
    os::unix::fs::{MetadataExt, chown},
    path::{Path, PathBuf},
};

/// The directory with the programs of a Postgres server: the one on the `PATH`, or else the newest in the usual places.
#[must_use]
pub fn find() -> Option<PathBuf> {
    let complete = |directory: &PathBuf| ["initdb", "postgres"].iter().all(|name| directory.join(name).is_file());
    directories().into_iter().find(complete)
}

/// The path of a program that comes with Postgres, such as `pgbench`, found as by [`find`].
#[must_use]
pub fn program(name: &str) -> Option<PathBuf> {
    directories().into_iter().map(|directory| directory.join(name)).find(|program| program.is_file())
}

/// The directories that may contain the programs of Postgres. Debian and Homebrew do not add them to the `PATH`.
fn directories() -> Vec<PathBuf> {
    const USUAL: [&str; 5] = [
        "/usr/lib/postgresql",
        "/usr/local/pgsql",
        "/opt/homebrew/opt",
        "/usr/local/opt",
        "/Applications/Postgres.app/Contents/Versions",
    ];
    let path = env::var_os("PATH").unwrap_or_default();
    let usual = USUAL.iter().flat_map(|directory| {
        let mut versions: Vec<PathBuf> =
            fs::read_dir(directory).into_iter().flatten().flatten().map(|entry| entry.path().join("bin")).collect();
        versions.sort();
        versions.into_iter().rev().chain([Path::new(directory).join("bin")])
    });
    env::split_paths(&path).chain(usual).collect()
}

/// Postgres refuses to run as root. If this process runs as root, changes the owner of `directory` to `postgres` or `nobody`,
/// and returns the ids of that user and group. `None` if this process is not root.
///
/// # Errors
///
/// If the owner of the directory cannot be changed, or neither user exists.
pub fn give_to_unprivileged(directory: &Path) -> io::Result<Option<(u32, u32)>> {
    if fs::metadata(directory)?.uid() != 0 {
        return Ok(None);
    }
    let users = fs::read_to_string("/etc/passwd")?;
    let user = |name: &str| {
        let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut numbers = line.split(':').skip(2).map(str::parse);
        Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
    };
    let (user, group) = user("postgres").or_else(|| user("nobody")).ok_or(io::ErrorKind::NotFound)?;
    chown(directory, Some(user), Some(group))?;
    Ok(Some((user, group)))
}
