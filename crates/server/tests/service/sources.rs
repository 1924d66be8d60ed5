//! Where settings come from: the environment, `.env` files and the files of secrets.

use std::{fs, path::Path};

use infra::testing::TestDatabase;
use reqwest::Method;
use tempfile::TempDir;

use crate::support::{SECRET, Service, program, token};

/// A directory with a `.env` of this text.
fn with_env(text: impl AsRef<[u8]>) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join(".env"), text).unwrap();
    directory
}

/// The line with which a start in this directory fails.
fn failure(directory: &TempDir, settings: &[(&str, &str)]) -> String {
    let output = program(directory, settings).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let printed = String::from_utf8(output.stderr).unwrap();
    printed.strip_prefix("tasks-api: ").unwrap_or_else(|| panic!("{printed}")).trim_end().to_owned()
}

/// Whether a token that is signed with [`SECRET`] is accepted.
async fn accepts(service: &Service) -> bool {
    let list = service.anonymous(Method::GET, "/api/tasks").bearer_auth(token("alice"));
    list.send().await.unwrap().status() == 200
}

#[tokio::test]
async fn a_dot_env_file_of_a_next_js_app_is_understood() {
    let text = format!(
        "\u{feff}APP_NAME=My Todo App\r\nMOTTO=it's a list\nTHEME={{\"dark\": true}}\nnext-public=1\nnot a line\n\
         PRIVATE_KEY=\"-----BEGIN\nPORT=nonsense\n\"\nexport BETTER_AUTH_SECRET=\"{SECRET}\" # of the app\n"
    );

    let service = Service::start_in(with_env(text), &[]);

    assert!(accepts(&service).await);
}

#[tokio::test]
async fn the_environment_and_then_the_local_file_count_first() {
    // The environment has a PORT.
    let directory = with_env("PORT=nonsense\nBETTER_AUTH_SECRET=another secret of at least 32 bytes\n");
    fs::write(directory.path().join(".env.local"), format!("BETTER_AUTH_SECRET='{SECRET}'\n")).unwrap();

    assert!(accepts(&Service::start_in(directory, &[])).await);
}

#[test]
fn a_dot_env_file_provides_settings_in_development_only() {
    let directory = with_env("USER_PROVISIONING=perhaps\n");
    assert_eq!(failure(&directory, &[]), ".env, line 1: USER_PROVISIONING must be on or off");

    let production = [
        ("ENVIRONMENT", "production"),
        ("DATABASE_URL", "sqlite:x.db"),
        ("BETTER_AUTH_SECRET", SECRET),
        ("MIGRATE_ON_START", "on"),
    ];
    drop(Service::start_in(directory, &production));
}

#[test]
fn an_invalid_line_is_named_without_its_value() {
    for (text, expected) in [
        ("A=1\n\nPORT=hunter2\n", ".env, line 3: PORT must be a number from 0 to 65535"),
        ("DATABASE_URL=hunter2\n", ".env, line 1: DATABASE_URL must be postgres://… or sqlite:…"),
        (
            "REQUEST_TIMEOUT=10s\nBODY_TIMEOUT=20s\n",
            ".env, line 2: BODY_TIMEOUT must be a duration shorter than REQUEST_TIMEOUT, such as 500ms or 2s; it is 20s, and \
             REQUEST_TIMEOUT 10s",
        ),
        (
            "SESSION_TOKENS=\"bearer\n",
            ".env, line 1: SESSION_TOKENS must be off, bearer or cookie; it begins with a quote that is not closed \
             (docs/troubleshooting.md#quotes)",
        ),
        (
            "BETTER_AUTH_SECRET=short$hunter2\n",
            ".env, line 1: BETTER_AUTH_SECRET must be at least 32 bytes, not only blanks; it contains `$` and a name that is not set, which \
             Next.js replaces by nothing: write `\\$` for a dollar sign (docs/troubleshooting.md#dollar-sign)",
        ),
    ] {
        let output = program(&with_env(text), &[]).env_remove("PORT").output().unwrap();
        assert_eq!(String::from_utf8(output.stderr).unwrap(), format!("tasks-api: {expected}\n"), "{text}");
    }
}

#[test]
fn a_file_in_utf_16_is_named() {
    let utf_16: Vec<u8> = "\u{feff}PORT=0\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();

    assert_eq!(
        failure(&with_env(utf_16), &[]),
        ".env: must be saved as UTF-8: it is UTF-16, as PowerShell's `>` writes it (docs/troubleshooting.md#utf-16)"
    );
}

#[tokio::test]
async fn a_secret_may_come_from_a_file() {
    let database = TestDatabase::sqlite().await;
    let directory = tempfile::tempdir().unwrap();
    for (beginning, ending) in [("", ""), ("", "\n"), ("", "\r\n"), ("\u{feff}", "\n")] {
        fs::write(directory.path().join("secret"), format!("{beginning}{SECRET}{ending}")).unwrap();
        fs::write(directory.path().join("url"), format!("{}{ending}", database.url())).unwrap();
        let path = |name: &str| directory.path().join(name).display().to_string();
        let service = Service::start(&[
            ("ENVIRONMENT", "production"),
            ("BETTER_AUTH_SECRET_FILE", &path("secret")),
            ("DATABASE_URL_FILE", &path("url")),
        ]);
        assert!(accepts(&service).await, "{beginning:?} {ending:?}");
    }
}

#[tokio::test]
async fn an_empty_line_at_the_end_of_a_secret_file_is_noticed() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("secret");
    fs::write(&file, format!("{SECRET}\n\n")).unwrap();

    let service = Service::start(&[("BETTER_AUTH_SECRET_FILE", &file.display().to_string())]);

    let line = service.wait_for_log(|line| line.contains("ends with an empty line"));
    assert!(line.contains("BETTER_AUTH_SECRET_FILE: ") && line.contains("troubleshooting.md#secret-files"), "{line}");
    assert!(!service.log().iter().any(|line| line.contains(SECRET)));
}

#[test]
fn a_file_that_has_no_secret_is_rejected_without_its_path() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("empty"), "\n").unwrap();
    fs::write(directory.path().join("short"), "hunter2\n").unwrap();
    fs::write(directory.path().join("binary"), b"\xff\xfe0123456789012345678901234567890123456789").unwrap();
    let refusal = |file: &str| failure(&directory, &[("BETTER_AUTH_SECRET_FILE", file)]);

    assert!(refusal("hunter2").starts_with("BETTER_AUTH_SECRET_FILE must name a file that can be read: "));
    assert!(!refusal("hunter2").contains("hunter2"));
    assert_eq!(refusal("empty"), "BETTER_AUTH_SECRET_FILE must name a file that is not empty");
    assert_eq!(refusal("binary"), "BETTER_AUTH_SECRET_FILE must name a file in UTF-8");
    assert_eq!(
        refusal("short"),
        "BETTER_AUTH_SECRET_FILE: BETTER_AUTH_SECRET must be at least 32 bytes, not only blanks"
    );
    assert_eq!(
        failure(&directory, &[("DATABASE_URL", "sqlite:x.db"), ("DATABASE_URL_FILE", "short")]),
        "DATABASE_URL and DATABASE_URL_FILE are both set: unset one of them"
    );
    assert!(!Path::new("x.db").exists());
}

#[tokio::test]
async fn a_secret_in_the_environment_counts_before_a_file_named_in_dot_env() {
    let directory = with_env("BETTER_AUTH_SECRET_FILE=missing\n");

    let service = Service::start_in(directory, &[("BETTER_AUTH_SECRET", SECRET)]);

    assert!(accepts(&service).await);
}

#[tokio::test]
async fn quotes_in_the_environment_are_noticed() {
    let hint = "is in quotes, which are part of the value, as Docker's --env-file passes them on: remove them \
                (docs/troubleshooting.md#quotes)";
    let directory = tempfile::tempdir().unwrap();
    for (name, value, rule) in [
        ("DATABASE_URL", "\"sqlite:tasks.db\"", "must be postgres://… or sqlite:…"),
        ("SESSION_TOKENS", "'bearer'", "must be off, bearer or cookie"),
        ("ENVIRONMENT", "\"production\"", "must be development or production"),
    ] {
        assert_eq!(failure(&directory, &[(name, value)]), format!("{name} {rule}; it {hint}"));
    }

    let secret = format!("\"{SECRET}\"");
    let service = Service::start(&[("BETTER_AUTH_SECRET", &secret)]);
    let line = service.wait_for_log(|line| line.contains("in quotes"));
    assert!(line.contains("WARN") && line.contains(&format!("BETTER_AUTH_SECRET {hint}")), "{line}");
    assert!(!service.log().iter().any(|line| line.contains(SECRET)));
}
