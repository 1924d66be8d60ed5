//! Reports that tests are left out, once per run.

use std::{
    env, fs,
    io::{self, Read, Seek, Write},
    os::unix::process::parent_id,
    path::Path,
    process::Command,
};

/// A group of tests that needs more than Rust, and is left out where that is missing.
#[derive(Debug)]
pub struct Optional {
    /// What the tests need.
    pub name: &'static str,
    /// How to include them, worded to follow "to include them,".
    pub remedy: &'static str,
    /// The environment variable that makes it a failure to leave them out.
    pub required_by: &'static str,
}

/// The tests on Postgres.
pub(crate) const POSTGRES: Optional =
    Optional { name: "Postgres", remedy: "set TEST_DATABASE_URL=postgres://…", required_by: "REQUIRE_POSTGRES" };

/// The tests behind a PgBouncer.
pub(crate) const PGBOUNCER: Optional =
    Optional { name: "PgBouncer", remedy: "install pgbouncer", required_by: "REQUIRE_PGBOUNCER" };

/// The tests behind a PgBouncer that keeps the prepared statements of its clients apart.
pub(crate) const NEWER_PGBOUNCER: Optional = Optional {
    name: "PgBouncer by transactions",
    remedy: "put a pgbouncer of version 1.21 or later on the PATH",
    required_by: "REQUIRE_PGBOUNCER",
};

impl Optional {
    /// Writes a line that says so, once per run.
    ///
    /// # Panics
    ///
    /// If the tests are required.
    pub fn leave_out(&self, reason: &str) {
        let Self { name, remedy, required_by } = self;
        assert!(
            env::var_os(required_by).is_none_or(|value| value.is_empty()),
            "{required_by} is set, but {reason}; to include the {name} tests, {remedy}"
        );
        if self.is_first_of_this_run() {
            // Not `eprintln!`, which the test harness captures.
            let line = format!("{name} tests left out: {reason}; to include them, {remedy}\n");
            io::stderr().write_all(line.as_bytes()).ok();
        }
    }

    /// Whether no other test of this run has written the line. A file beside the tests' programs, under `target/`, names the
    /// last run that wrote it.
    fn is_first_of_this_run(&self) -> bool {
        let name = format!("{}-left-out-in-run", self.name.to_lowercase().replace(' ', "-"));
        let run = run();
        // Twice is better than never.
        env::current_exe().and_then(|program| replaces(&program.with_file_name(name), &run)).unwrap_or(true)
    }
}

/// Writes `text` to a file, one process at a time. Returns whether that changed the file.
fn replaces(path: &Path, text: &str) -> io::Result<bool> {
    let mut file = fs::OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
    file.lock()?;
    let mut found = String::new();
    file.read_to_string(&mut found)?;
    if found == text {
        return Ok(false);
    }
    file.set_len(0)?;
    file.rewind()?;
    file.write_all(text.as_bytes())?;
    Ok(true)
}

/// What identifies this run. A run is many processes, one for each test binary, and all have the same parent. Process ids are
/// reused, so the start time of the parent is part of it.
fn run() -> String {
    let parent = parent_id();
    let start = started_on_linux(parent).or_else(|| started_elsewhere(parent)).unwrap_or_default();
    format!("{parent} {start}")
}

/// In ticks since the machine started: field 22. Fields are counted from behind the program's name, which may contain anything.
fn started_on_linux(process: u32) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let (_, fields) = stat.rsplit_once(')')?;
    fields.split_whitespace().nth(19).map(str::to_owned)
}

fn started_elsewhere(process: u32) -> Option<String> {
    let output = Command::new("ps").args(["-o", "lstart=", "-p", &process.to_string()]).output().ok()?;
    String::from_utf8(output.stdout).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_run_reports_once() {
        let directory = tempfile::tempdir().unwrap();
        let marker = directory.path().join("marker");

        assert!(replaces(&marker, "7 a longer time ago").unwrap());
        assert!(replaces(&marker, "7 now").unwrap(), "the same number, another process");
        assert!(!replaces(&marker, "7 now").unwrap());
    }

    #[test]
    fn a_run_is_identified_by_the_start_of_its_parent() {
        assert_eq!(run(), run());
        assert!(run().len() > format!("{} ", parent_id()).len());
    }
}
