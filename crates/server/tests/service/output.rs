//! The output of commands.

use infra::testing::TestDatabase;

use crate::support::{SECRET, program};

/// As in `tasks-api openapi | head -1`.
#[tokio::test]
async fn a_closed_pipe_is_not_an_error() {
    let database = TestDatabase::empty_sqlite().await;
    let settings = [("BETTER_AUTH_SECRET", SECRET), ("DATABASE_URL", database.url())];
    let directory = tempfile::tempdir().unwrap();
    let commands: [&[&str]; 7] = [
        &["openapi"],
        &["settings"],
        &["token", "--user", "demo"],
        &["migrate", "status"],
        &["migrate", "up"],
        &["migrate", "up"],
        &["migrate", "down", "--delete-tasks"],
    ];
    for arguments in commands {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);

        let output = program(&directory, &settings).args(arguments).stdout(writer).output().unwrap();

        assert_eq!(String::from_utf8(output.stderr).unwrap(), "", "{arguments:?}");
        assert!(output.status.success(), "{arguments:?}");
    }
}

#[test]
fn output_that_cannot_be_written_is_an_error() {
    let Ok(full) = std::fs::OpenOptions::new().write(true).open("/dev/full") else { return };
    let directory = tempfile::tempdir().unwrap();

    let output = program(&directory, &[]).arg("settings").stdout(full).output().unwrap();

    let printed = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && printed.starts_with("tasks-api: standard output: "), "{printed}");
}
