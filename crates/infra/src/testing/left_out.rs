//! Telling that tests on Postgres are left out, once per run.

use std::{
    env, fs,
    io::{self, Write},
    os::unix::process::parent_id,
    time::Duration,
};

/// A marker that is older than this is of another run, whose process had the same number.
const ONE_RUN: Duration = Duration::from_mins(10);

/// Writes the line, unless this run has it already; or fails, if Postgres is required.
pub(super) fn report(reason: &str) {
    assert!(
        env::var_os("REQUIRE_POSTGRES").is_none_or(|value| value.is_empty()),
        "REQUIRE_POSTGRES is set, but {reason}"
    );
    if is_first_of_this_run() {
        // Not `eprintln!`, which the test harness captures.
        let line = format!("Postgres tests left out: {reason}; set TEST_DATABASE_URL=postgres://… to include them\n");
        io::stderr().write_all(line.as_bytes()).ok();
    }
}

/// A run is many processes, one for each file of tests, but all have the same parent.
fn is_first_of_this_run() -> bool {
    let marker = env::temp_dir().join(format!("tasks-api-postgres-left-out-{}", parent_id()));
    let age = fs::metadata(&marker).and_then(|marker| marker.modified()).ok().and_then(|made| made.elapsed().ok());
    if age.is_some_and(|age| age > ONE_RUN) {
        fs::remove_file(&marker).ok();
    }
    fs::File::create_new(marker).is_ok()
}
