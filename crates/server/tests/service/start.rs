//! Failing starts print one line with the setting and the remedy, and never a secret.

use infra::testing::{PgBouncer, TestDatabase};
use reqwest::{Method, StatusCode};

use crate::support::{SECRET, Service, program, read};

/// Starts the program with these settings and returns its error line.
fn failure(settings: &[(&str, &str)]) -> String {
    failure_of(&[], settings)
}

/// The same for a command.
fn failure_of(arguments: &[&str], settings: &[(&str, &str)]) -> String {
    let directory = tempfile::tempdir().unwrap();
    let output = program(&directory, settings).args(arguments).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let printed = String::from_utf8(output.stderr).unwrap();
    assert_eq!(printed.lines().count(), 1, "{printed}");
    assert!(output.stdout.is_empty());
    printed.trim_end().to_owned()
}

#[test]
fn an_invalid_setting_stops_the_start_with_one_line() {
    const METRICS_ADDRESS: &str = "METRICS_ADDRESS must be an address and a port such as 127.0.0.1:9090, or off";
    const CORS_ORIGINS: &str =
        "CORS_ORIGINS must be origins such as https://app.example.com or https://*.example.com, separated by commas";
    let cases = [
        ("ENVIRONMENT", "staging", "ENVIRONMENT must be development or production"),
        ("DATABASE_URL", "mysql://root:hunter2@localhost/x", "DATABASE_URL must be postgres://… or sqlite:…"),
        ("DATABASE_URL", "just-words", "DATABASE_URL must be postgres://… or sqlite:…"),
        ("BETTER_AUTH_SECRET", "hunter2", "BETTER_AUTH_SECRET must be at least 32 bytes, not only blanks"),
        (
            "BETTER_AUTH_SECRET",
            "                                        ",
            "BETTER_AUTH_SECRET must be at least 32 bytes, not only blanks",
        ),
        (
            "BETTER_AUTH_SECRET",
            "better-auth-secret-12345678901234567890",
            "BETTER_AUTH_SECRET must not be the default that Better Auth publishes: everyone knows it",
        ),
        ("USER_PROVISIONING", "yes", "USER_PROVISIONING must be on or off"),
        ("MIGRATE_ON_START", "1", "MIGRATE_ON_START must be on or off"),
        ("PORT", "http", "PORT must be a number from 0 to 65535"),
        ("PORT", "65536", "PORT must be a number from 0 to 65535"),
        ("METRICS_ADDRESS", "9090", METRICS_ADDRESS),
        ("METRICS_ADDRESS", "127.0.0.1:99999", METRICS_ADDRESS),
        ("METRICS_ADDRESS", ":9090", METRICS_ADDRESS),
        ("CORS_ORIGINS", "*", CORS_ORIGINS),
        ("CORS_ORIGINS", "https://a.example/path", CORS_ORIGINS),
        ("CORS_ORIGINS", "a.example", CORS_ORIGINS),
        ("DATABASE_MAX_CONNECTIONS", "0", "DATABASE_MAX_CONNECTIONS must be a number from 1 to 1000"),
        ("DATABASE_IDLE_TIMEOUT", "2", "DATABASE_IDLE_TIMEOUT must be a duration such as 500ms, 2s or 5m"),
        (
            "DATABASE_ACQUIRE_TIMEOUT",
            "1500ms",
            "DATABASE_ACQUIRE_TIMEOUT must be a duration shorter than DATABASE_STATEMENT_TIMEOUT, such as 500ms or 1s; it is 1.5s, and DATABASE_STATEMENT_TIMEOUT 1.5s",
        ),
        (
            "DATABASE_STATEMENT_TIMEOUT",
            "10s",
            "DATABASE_STATEMENT_TIMEOUT must be a duration shorter than REQUEST_TIMEOUT, such as 500ms or 2s; it is 10s, and REQUEST_TIMEOUT 10s",
        ),
        ("MAX_TASKS_PER_USER", "0", "MAX_TASKS_PER_USER must be a number from 1 to 1000000, or off"),
        ("REQUEST_TIMEOUT", "0s", "REQUEST_TIMEOUT must be a duration such as 500ms, 2s or 5m"),
        (
            "BODY_TIMEOUT",
            "10s",
            "BODY_TIMEOUT must be a duration shorter than REQUEST_TIMEOUT, such as 500ms or 2s; it is 10s, and REQUEST_TIMEOUT 10s",
        ),
        (
            "REQUEST_TIMEOUT",
            "2s",
            "BODY_TIMEOUT must be a duration shorter than REQUEST_TIMEOUT, such as 500ms or 2s; it is 5s, and REQUEST_TIMEOUT 2s",
        ),
        ("CORS_ORIGINS", "http://[", CORS_ORIGINS),
        ("CORS_ORIGINS", "http://a:b:c", CORS_ORIGINS),
        ("CORS_ORIGINS", "https://*.com", CORS_ORIGINS),
        ("CLOCK_SKEW", "61s", "CLOCK_SKEW must be a duration of at most 60s, such as 0s or 5s"),
        ("SESSION_COOKIE", "a b", "SESSION_COOKIE must be the name of a cookie such as better-auth.session_token"),
        ("MAX_IN_FLIGHT", "0", "MAX_IN_FLIGHT must be a number from 1 to 65535"),
        ("RATE_LIMIT", "0", "RATE_LIMIT must be a number from 1 to 1000000, or off"),
        ("UNAUTHENTICATED_RATE_LIMIT", "none", "UNAUTHENTICATED_RATE_LIMIT must be a number from 1 to 1000000, or off"),
        (
            "TRUSTED_PROXIES",
            "proxy.internal",
            "TRUSTED_PROXIES must be addresses or networks such as 10.0.0.0/8, separated by commas",
        ),
        ("SHUTDOWN_TIMEOUT", "forever", "SHUTDOWN_TIMEOUT must be a duration such as 500ms, 2s or 5m"),
        ("WORKERS", "0", "WORKERS must be a number from 1 to 512"),
        ("WORKERS", "513", "WORKERS must be a number from 1 to 512"),
        ("LOG_OUTPUT", "file", "LOG_OUTPUT must be stdout or stderr"),
        (
            "OTEL_EXPORTER_OTLP_ENDPOINT",
            "collector:4317",
            "OTEL_EXPORTER_OTLP_ENDPOINT must be the http:// or https:// address of an OpenTelemetry collector",
        ),
        ("RUST_LOG", "a=b=c", "RUST_LOG must be a filter such as info or info,sqlx=debug"),
        ("RUST_LOG", "info,request[user]=debug", "RUST_LOG must be a filter such as info or info,sqlx=debug"),
        ("RUST_LOG", "sqlx=", "RUST_LOG must be a filter such as info or info,sqlx=debug"),
        ("RUST_LOG", "!", "RUST_LOG must be a filter such as info or info,sqlx=debug"),
    ];
    for (name, value, expected) in cases {
        let printed = failure(&[(name, value)]);
        assert_eq!(printed, format!("tasks-api: {expected}"));
        assert!(!printed.contains("hunter2"));
    }
}

#[test]
fn an_invalid_setting_of_the_connection_stops_the_start() {
    let host = "HOST must be an address of this machine without a port, such as 127.0.0.1, [::] or localhost";
    let path = "PUBLIC_PATH must be a path such as /backend";
    for (name, value, expected) in [
        ("HOST", "127.0.0.1:8000", host),
        ("HOST", "http://127.0.0.1", host),
        ("PUBLIC_PATH", "backend", path),
        ("PUBLIC_PATH", "https://app.example.com/backend", path),
        ("KEEP_ALIVE", "75", "KEEP_ALIVE must be a duration of at least 1s, such as 75s or 16m"),
        // The server would keep such a connection forever: it looks only twice a second.
        ("KEEP_ALIVE", "300ms", "KEEP_ALIVE must be a duration of at least 1s, such as 75s or 16m"),
    ] {
        assert_eq!(failure(&[(name, value)]), format!("tasks-api: {expected}"));
    }
}

#[cfg(unix)]
#[test]
fn a_setting_that_is_not_text_is_rejected() {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt};

    for name in ["ENVIRONMENT", "DATABASE_URL", "BETTER_AUTH_SECRET", "PORT"] {
        let directory = tempfile::tempdir().unwrap();
        let output = program(&directory, &[]).env(name, OsStr::from_bytes(b"production\xff")).output().unwrap();
        let printed = String::from_utf8(output.stderr).unwrap();
        assert!(
            printed.starts_with(&format!("tasks-api: {name} must be ")) && printed.lines().count() == 1,
            "{printed}"
        );
    }
}

#[test]
fn reverting_migrations_requires_confirmation() {
    let directory = tempfile::tempdir().unwrap();

    let output = program(&directory, &[]).args(["migrate", "down"]).output().unwrap();

    assert!(!output.status.success());
    assert!(String::from_utf8(output.stderr).unwrap().contains("--delete-tasks"));
}

#[test]
fn production_requires_a_database_and_a_kind_of_token() {
    let production = ("ENVIRONMENT", "production");
    assert_eq!(
        failure(&[production, ("BETTER_AUTH_SECRET", SECRET)]),
        "tasks-api: DATABASE_URL must be set in production: postgres://user:password@host/database or sqlite:path"
    );
    assert_eq!(
        failure(&[production, ("DATABASE_URL", "sqlite:tasks.db")]),
        "tasks-api: BETTER_AUTH_URL or BETTER_AUTH_SECRET must be set in production: the address of the Better Auth app, \
         or the secret it signs with (at least 32 bytes, not only blanks)"
    );
}

#[test]
fn an_unreachable_database_is_named_without_its_password() {
    let url = "postgres://root:hunter2@127.0.0.1:1/tasks";

    let printed = failure(&[("DATABASE_URL", url), ("DATABASE_START_TIMEOUT", "off")]);

    assert!(printed.starts_with("tasks-api: DATABASE_URL: cannot connect to "), "{printed}");
    assert!(printed.contains("127.0.0.1:1") && !printed.contains("hunter2"), "{printed}");
}

#[tokio::test]
async fn an_unfit_pooler_is_rejected_with_the_setting_to_change() {
    let Some(database) = TestDatabase::postgres().await else { return };
    for pgbouncer in PgBouncer::all() {
        let off = if pgbouncer.can_keep_statements_apart() { "max_prepared_statements = 0" } else { "" };
        let pooler = pgbouncer.start(&database, &format!("pool_mode = transaction\n{off}"));
        let url = pooler.url().replace("postgres@", "postgres:hunter2@");
        let settings = [("DATABASE_URL", url.as_str()), ("ENVIRONMENT", "production"), ("BETTER_AUTH_SECRET", SECRET)];

        for printed in [failure(&settings), failure_of(&["migrate", "up"], &settings)] {
            assert!(printed.starts_with("tasks-api: DATABASE_URL: cannot connect to Postgres at "), "{printed}");
            assert!(
                printed.ends_with(
                    ": the pooler in between mixes up prepared statements; set max_prepared_statements to 100 or more in \
                     PgBouncer 1.21 or later, or pool_mode to session, or connect to Postgres directly"
                ),
                "{printed}"
            );
            assert!(!printed.contains("hunter2"), "{printed}");
        }
    }
}

#[tokio::test]
async fn the_service_works_behind_a_transaction_pooler() {
    let Some(pgbouncer) = PgBouncer::that_keeps_statements_apart() else { return };
    let Some(database) = TestDatabase::postgres().await else { return };
    let pooler = pgbouncer.start(&database, "pool_mode = transaction\nmax_prepared_statements = 200");
    let service = Service::with(&database, &[("DATABASE_URL", pooler.url())]);

    let body = serde_json::json!({ "title": "Buy groceries" });
    let created = service.request("alice", Method::POST, "/api/tasks").json(&body).send().await.unwrap();
    assert_eq!(created.status(), StatusCode::CREATED);
    let listed = read(service.request("alice", Method::GET, "/api/tasks").send().await.unwrap()).await.1;
    assert_eq!(listed["data"][0]["title"], body["title"]);
    service.stop();
}

#[test]
fn an_address_in_use_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();

    let printed = failure(&[("PORT", &port), ("RUST_LOG", "off")]);
    assert!(printed.contains(&format!("HOST, PORT: cannot listen on 127.0.0.1:{port}")), "{printed}");
    assert!(printed.contains("another program listens there: stop it, or choose another port"), "{printed}");

    let printed = failure(&[("METRICS_ADDRESS", &format!("127.0.0.1:{port}")), ("RUST_LOG", "off")]);
    assert!(
        printed.starts_with(&format!("tasks-api: METRICS_ADDRESS: cannot listen on 127.0.0.1:{port}")),
        "{printed}"
    );
}

#[test]
fn an_address_of_another_machine_is_named() {
    let printed = failure(&[("HOST", "192.0.2.1"), ("RUST_LOG", "off")]);

    assert!(printed.starts_with("tasks-api: HOST, PORT: cannot listen on 192.0.2.1:0: "), "{printed}");
    assert!(printed.ends_with("0.0.0.0 and [::] stand for all that it has"), "{printed}");
}

#[tokio::test]
async fn production_migrates_only_when_told_to() {
    let database = TestDatabase::empty_sqlite().await;
    let settings = [("DATABASE_URL", database.url()), ("ENVIRONMENT", "production"), ("BETTER_AUTH_SECRET", SECRET)];

    let printed = failure(&settings);
    assert!(printed.contains("tasks-api migrate up"), "{printed}");

    let directory = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| {
        let output = program(&directory, &settings).args(arguments).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(run(&["migrate", "status"]).lines().all(|line| line.starts_with("pending")));
    assert!(run(&["migrate", "up"]).contains("applied: m"));
    assert!(run(&["migrate", "status"]).lines().all(|line| line.starts_with("applied")));
    assert_eq!(run(&["migrate", "up"]), "nothing to do\n");
    drop(Service::start(&settings));
    assert!(run(&["migrate", "down", "--delete-tasks"]).contains("reverted: m"));
    drop(Service::start(&[settings.as_slice(), &[("MIGRATE_ON_START", "on")]].concat()));
}

#[tokio::test]
async fn the_health_command_tells_whether_the_service_is_ready() {
    let database = TestDatabase::sqlite().await;
    let service = Service::on(&database);
    let directory = tempfile::tempdir().unwrap();
    let ask = |port: &str| program(&directory, &[("PORT", port)]).arg("health").output().unwrap().status.success();

    let port = service.address.rsplit(':').next().unwrap().to_owned();
    assert!(ask(&port));
    service.stop();
    assert!(!ask(&port));
}
