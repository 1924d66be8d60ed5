//! Reports that tests are left out, once per run.

use std::{
    env, fs,
    io::{self, Read, Seek, Write},
    os::unix::process::parent_id,
    path::Path,
    process::Command,
};

/// A group of tests that needs a program besides Rust, and is left out if that is missing.
#[derive(Debug)]
pub struct Optional {
    /// The required program.
    pub name: &'static str,
    /// How to include the tests. The text follows "to include them,".
    pub remedy: &'static str,
    /// The environment variable that makes the tests fail instead of being left out.
    pub required_by: &'static str,
}

/// The tests on Postgres.
pub(crate) const POSTGRES: Optional =
    Optional { name: "Postgres", remedy: "set TEST_DATABASE_URL=postgres://…", required_by: "REQUIRE_POSTGRES" };

/// The tests behind a PgBouncer.
pub(crate) const PGBOUNCER: Optional =
    Optional { name: "PgBouncer", remedy: "install pgbouncer", required_by: "REQUIRE_PGBOUNCER" };

/// The tests behind a PgBouncer that tracks prepared statements.
pub(crate) const NEWER_PGBOUNCER: Optional = Optional {
    name: "PgBouncer by transactions",
    remedy: "put a pgbouncer of version 1.21 or later on the PATH",
    required_by: "REQUIRE_PGBOUNCER",
};

impl Optional {
    /// Reports on one line, once per run, that the tests are left out.
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

    /// Whether this is the first test of this run to write the line. A file under `target/`, beside the tests' programs, names
    /// the last run that wrote it.
    fn is_first_of_this_run(&self) -> bool {
        let name = format!("{}-left-out-in-run", self.name.to_lowercase().replace(' ', "-"));
        let run = run();
        // On an error, writing the line twice is better than never.
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

/// An id for this run. A run has one process for each test binary, all with the same parent. Process ids are reused, so the id
/// includes the parent's start time.
fn run() -> String {
    let parent = parent_id();
    let start = started_on_linux(parent).or_else(|| started_elsewhere(parent)).unwrap_or_default();
    format!("{parent} {start}")
}

/// The start time in ticks since the machine started: field 22. Fields are counted after the program's name, which may contain
/// anything.
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
