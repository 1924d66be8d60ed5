//! Telling that tests are left out, once per run.

use std::{
    env, fs,
    io::{self, Write},
    os::unix::process::parent_id,
    time::Duration,
};

/// A marker that is older than this is of another run, whose process had the same number.
const ONE_RUN: Duration = Duration::from_mins(10);

/// Tests that need more than Rust, and are left out where that is missing.
#[derive(Debug)]
pub struct Optional {
    /// What they test on or with.
    pub name: &'static str,
    /// What includes them; worded to follow "to include them,".
    pub remedy: &'static str,
    /// The variable that makes it a failure to leave them out.
    pub required_by: &'static str,
}

/// The tests on Postgres.
pub(super) const POSTGRES: Optional =
    Optional { name: "Postgres", remedy: "set TEST_DATABASE_URL=postgres://…", required_by: "REQUIRE_POSTGRES" };

impl Optional {
    /// Writes a line that says so, unless this run has it already.
    ///
    /// # Panics
    ///
    /// If they are required.
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

    /// A run is many processes, one for each file of tests, but all have the same parent.
    fn is_first_of_this_run(&self) -> bool {
        let name = self.name.to_lowercase().replace(' ', "-");
        let marker = env::temp_dir().join(format!("tasks-api-{name}-left-out-{}", parent_id()));
        let age = fs::metadata(&marker).and_then(|marker| marker.modified()).ok().and_then(|made| made.elapsed().ok());
        if age.is_some_and(|age| age > ONE_RUN) {
            fs::remove_file(&marker).ok();
        }
        fs::File::create_new(marker).is_ok()
    }
}
