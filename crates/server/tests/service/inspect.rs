//! `tasks-api token inspect`, without a database.

use std::{fs, io::Write, process::Stdio};

use tempfile::TempDir;

use crate::support::{SECRET, program, token};

/// Whether it succeeded, and everything it printed.
fn inspect(directory: &TempDir, settings: &[(&str, &str)], pasted: &str) -> (bool, String) {
    let mut child = program(directory, settings).args(["token", "inspect"]).stdin(Stdio::piped()).spawn().unwrap();
    // The program does not need the settings that are missing here.
    let _ = child.stdin.take().unwrap().write_all(pasted.as_bytes());
    let output = child.wait_with_output().unwrap();
    let printed = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    (output.status.success(), printed.concat())
}

#[test]
fn inspect_writes_nothing_and_names_the_missing_setting() {
    let directory = tempfile::tempdir().unwrap();
    let session_token = "L6SCh3awSfC3LlLyENWTDnWMbFAV6lXz";
    for (settings, pasted, missing) in [
        (&[][..], token("alice").as_str(), "set BETTER_AUTH_SECRET"),
        (&[], session_token, "SESSION_TOKENS=bearer"),
        (&[("SESSION_TOKENS", "bearer")], session_token, "DATABASE_URL"),
        (&[("ENVIRONMENT", "production")], session_token, "BETTER_AUTH_URL or BETTER_AUTH_SECRET must be set"),
    ] {
        let (good, printed) = inspect(&directory, settings, pasted);

        assert!(!good && printed.contains(missing) && printed.lines().count() == 1, "{printed}");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0, "{printed}");
    }
}

#[test]
fn inspect_uses_the_generated_secret() {
    let directory = tempfile::tempdir().unwrap();
    let output = program(&directory, &[]).args(["token", "--user", "alice"]).output().unwrap();

    let (good, printed) = inspect(&directory, &[], &String::from_utf8(output.stdout).unwrap());

    assert!(good, "{printed}");
    assert_eq!(printed, "good: the token of user alice\n");
}

#[test]
fn a_pasted_token_may_have_its_scheme() {
    let directory = tempfile::tempdir().unwrap();
    for scheme in ["Bearer ", "bearer ", " BEARER  "] {
        let pasted = format!("{scheme}{}\n", token("alice"));
        let (good, printed) = inspect(&directory, &[("BETTER_AUTH_SECRET", SECRET)], &pasted);
        assert!(good, "{scheme:?}: {printed}");
    }
    for other in ["Basic ", "Bearer"] {
        let pasted = format!("{other}{}\n", token("alice"));
        assert!(!inspect(&directory, &[("BETTER_AUTH_SECRET", SECRET)], &pasted).0, "{other:?}");
    }
}
