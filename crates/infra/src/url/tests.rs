use sqlx::postgres::PgSslMode;

use super::{DatabaseUrl, Target};

fn rule(text: &str) -> String {
    DatabaseUrl::parse(text).unwrap_err().to_string()
}

fn postgres(text: &str) -> Box<super::PostgresUrl> {
    match DatabaseUrl::parse(text).unwrap().0 {
        Target::Postgres(url) => url,
        Target::Sqlite(_) => panic!("{text} is Postgres"),
    }
}

#[test]
fn postgres_and_sqlite_are_taken_and_nothing_else() {
    for text in ["postgres://localhost/tasks", "postgresql://u:p@db.example.com:6543/tasks", "postgres:///tasks"] {
        assert!(DatabaseUrl::parse(text).unwrap().is_postgres(), "{text}");
    }
    for text in ["sqlite:tasks.db", "sqlite:///var/tasks.db", "sqlite::memory:", "sqlite:tasks.db?mode=ro"] {
        assert!(!DatabaseUrl::parse(text).unwrap().is_postgres(), "{text}");
    }
    for text in
        ["", "tasks.db", "mysql://u:s3cret@h/d", "file:tasks.db", "postgres:tasks", " postgres://h/d", "SQLITE:x"]
    {
        assert_eq!(rule(text), "must be postgres://… or sqlite:…", "{text}");
    }
}

#[test]
fn what_is_wrong_is_told_without_repeating_the_url() {
    let rules = [
        (
            "postgres://u:s3cret/@h:5432/d",
            "must be a valid URL, with special characters in a password encoded: invalid port number",
        ),
        ("postgres://h/d?sslmode=s3cret", "must not have a parameter with a value that Postgres does not know"),
        ("postgres://h/d?port=s3cret", "must not have a parameter with a value that Postgres does not know"),
        ("sqlite:tasks.db?mode=s3cret", "must not have parameters other than mode, cache, immutable and vfs"),
        ("sqlite:tasks.db?key=s3cret", "must not have parameters other than mode, cache, immutable and vfs"),
        ("sqlite:", "must name a file: sqlite:data/tasks.db"),
        ("sqlite://?cache=shared", "must name a file: sqlite:data/tasks.db"),
    ];
    for (text, expected) in rules {
        assert_eq!(rule(text), expected, "{text}");
        assert!(!format!("{:?}", DatabaseUrl::parse(text).unwrap_err()).contains("s3cret"), "{text}");
    }
}

#[test]
fn a_url_is_shown_without_user_and_password() {
    let shown = [
        ("postgres://me:s3cret@db.example.com/tasks", "Postgres at db.example.com:5432, database tasks"),
        ("postgres://me:s3cret@localhost/tasks?host=/run/pg", "Postgres at /run/pg, database tasks"),
        ("postgres://h:6543/d?user=me&password=s3cret", "Postgres at h:6543, database d"),
        ("sqlite:data/tasks.db", "SQLite file data/tasks.db"),
        ("sqlite::memory:", "SQLite in memory"),
    ];
    for (text, expected) in shown {
        let url = DatabaseUrl::parse(text).unwrap();

        assert_eq!(url.to_string(), expected);
        assert_eq!(format!("{url:?}"), format!("DatabaseUrl({expected})"));
    }
}

#[test]
fn the_certificate_of_another_machine_is_checked_unless_the_url_decides_otherwise() {
    let remote =
        ["db.example.com", "10.0.0.7", "postgres", "[2001:db8::1]", "localhost.example.com", "127.0.0.1.example.com"];
    let local = ["localhost", "LOCALHOST", "127.0.0.1", "127.8.8.8", "[::1]", "%2Frun%2Fpostgresql"];
    let undecided = ["", "?sslmode=prefer", "?sslmode=allow", "?sslmode=require", "?ssl-mode=Require"];
    let mode = |host: &str, parameters: &str| {
        let url = postgres(&format!("postgres://me:s3cret@{host}/tasks{parameters}"));
        format!("{:?}", url.options.get_ssl_mode())
    };

    for parameters in undecided {
        for host in remote {
            assert_eq!(mode(host, parameters), "VerifyFull", "{host}{parameters}");
        }
        for host in local {
            assert_ne!(mode(host, parameters), "VerifyFull", "{host}{parameters}");
        }
    }
    for host in remote.into_iter().chain(local) {
        for (decided, expected) in [
            ("disable", PgSslMode::Disable),
            ("verify-ca", PgSslMode::VerifyCa),
            ("verify-full", PgSslMode::VerifyFull),
        ] {
            assert_eq!(mode(host, &format!("?sslmode={decided}")), format!("{expected:?}"), "{host}");
        }
    }
    assert_eq!(mode("localhost", "?host=db.example.com"), "VerifyFull");
    assert_eq!(mode("db.example.com", "?host=/run/postgresql"), "Prefer");
    assert_eq!(mode("localhost", "?hostaddr=10.0.0.7"), "VerifyFull");
}

#[test]
fn a_url_as_neon_hands_it_out_is_taken() {
    let url =
        postgres("postgresql://me:s3cret@ep-cool-1.eu.aws.neon.tech/neondb?sslmode=require&channel_binding=require");

    assert_eq!(format!("{:?}", url.options.get_ssl_mode()), "VerifyFull");
    assert_eq!(url.ignored, ["channel_binding"]);
    assert!(!format!("{:?}", url.options).contains("channel_binding"));
}

#[test]
fn parameters_that_are_not_known_are_left_out() {
    let text = "postgres://h/d?connect_timeout=10&options=-c%20a%3D1&pgbouncer=true&application_name=jobs&options[b]=2";
    let url = postgres(text);

    assert_eq!(url.ignored, ["connect_timeout", "pgbouncer"]);
    assert_eq!(url.options.get_application_name(), Some("jobs"));
    assert_eq!(url.options.get_options(), Some("-c a=1 -c b=2"));
    assert!(postgres("postgres://u:1?s3cret@h/d").ignored.is_empty(), "a password is no name");
    assert_eq!(postgres("postgres://h/d").options.get_application_name(), Some("tasks-api"));
}
