use pg_executor::tokio_postgres::{Config, config::Host};
use sqlx::postgres::PgSslMode;

use super::{DatabaseUrl, Pem, Target};

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
fn postgres_and_sqlite_are_accepted_and_nothing_else() {
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
fn an_error_does_not_repeat_the_url() {
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
fn the_certificate_of_another_machine_is_checked_by_default() {
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
fn a_url_of_neon_is_accepted() {
    let url =
        postgres("postgresql://me:s3cret@ep-cool-1.eu.aws.neon.tech/neondb?sslmode=require&channel_binding=require");

    assert_eq!(format!("{:?}", url.options.get_ssl_mode()), "VerifyFull");
    assert_eq!(url.ignored, ["channel_binding"]);
    assert!(!format!("{:?}", url.options).contains("channel_binding"));
}

#[test]
fn the_schema_of_a_prisma_url_is_known() {
    let url = "postgres://h/d?schema=my%20app&connection_limit=5";

    assert_eq!(DatabaseUrl::parse(url).unwrap().schema(), Some("my app"));
    assert_eq!(postgres(url).ignored, ["connection_limit"]);
    assert_eq!(DatabaseUrl::parse("postgres://h/d").unwrap().schema(), None);
    assert!(rule("postgres://h/d?schema=").contains("schema"));
}

#[test]
fn unknown_parameters_are_left_out() {
    let text = "postgres://h/d?connect_timeout=10&options=-c%20a%3D1&pgbouncer=true&application_name=jobs&options[b]=2";
    let url = postgres(text);

    assert_eq!(url.ignored, ["connect_timeout", "pgbouncer"]);
    assert_eq!(url.options.get_application_name(), Some("jobs"));
    assert_eq!(url.options.get_options(), Some("-c a=1 -c b=2"));
    assert!(postgres("postgres://u:1?s3cret@h/d").ignored.is_empty(), "a password is no name");
    assert_eq!(postgres("postgres://h/d").options.get_application_name(), Some("tasks-api"));
}

/// For tokio-postgres.
fn config(text: &str) -> Config {
    let url = postgres(text);
    url.config(url.options.get_options())
}

#[test]
fn both_drivers_connect_to_the_same_server() {
    for (url, host, port) in [
        ("postgres://localhost/tasks", "localhost", 5432),
        ("postgres://127.0.0.1:6543/tasks?sslmode=prefer", "127.0.0.1", 6543),
        ("postgres://[::1]/tasks?sslmode=allow", "::1", 5432),
        ("postgres://h/d?hostaddr=192.0.2.7&port=6543", "192.0.2.7", 6543),
    ] {
        let config = config(url);

        assert_eq!(config.get_hosts(), [Host::Tcp(host.to_owned())], "{url}");
        assert_eq!(config.get_ports(), [port], "{url}");
    }
}

#[cfg(unix)]
#[test]
fn a_socket_is_found_in_every_form_of_url() {
    for url in [
        "postgres:///tasks?host=/run/pg",
        "postgres://localhost/tasks?host=/run/pg",
        "postgres://%2Frun%2Fpg/tasks",
        "postgres://%2Frun%2Fpg/tasks?sslmode=verify-full",
    ] {
        assert_eq!(config(url).get_hosts(), [Host::Unix("/run/pg".into())], "{url}");
        assert!(postgres(url).socket().is_some(), "{url}");
    }
}

#[test]
fn user_password_and_database_reach_the_driver_decoded() {
    let url = "postgres://a%2Fb%40c:p%40ss%20w%25rd%2F%3A@h/my%20tasks?options[search_path]=x&options=-c%20geqo%3Doff";

    let config = config(url);

    assert_eq!(config.get_user(), Some("a/b@c"));
    assert_eq!(config.get_password(), Some(b"p@ss w%rd/:".as_slice()));
    assert_eq!(config.get_dbname(), Some("my tasks"));
    assert_eq!(config.get_application_name(), Some("tasks-api"));
    assert_eq!(config.get_options(), Some("-c search_path=x -c geqo=off"));
}

#[test]
fn odd_passwords_reach_the_driver_unchanged() {
    for odd in ["plain", "%40", "a/b@c", "?x=y#z", "[::1]", "ümläut ♥", "'\"\\"] {
        let mut url = url::Url::parse("postgres://me@localhost/tasks").unwrap();
        url.query_pairs_mut().append_pair("password", odd);

        assert_eq!(config(url.as_str()).get_password(), Some(odd.as_bytes()), "{odd}");
    }
}

#[test]
fn the_database_is_named_like_the_user_by_default() {
    let config = config("postgres://me@h");

    assert_eq!(config.get_dbname(), Some("me"));
    assert_eq!((config.get_password(), config.get_options()), (None, None));
}

#[test]
fn certificates_are_found_under_each_of_their_names() {
    for (root, cert, key) in [
        ("sslrootcert", "sslcert", "sslkey"),
        ("ssl-root-cert", "ssl-cert", "ssl-key"),
        ("ssl-ca", "sslcert", "sslkey"),
    ] {
        let url = postgres(&format!("postgres://h/d?{root}=/ca.pem&{cert}=/me.pem&{key}=/me.key"));

        let found = url.certificates;
        assert!(found.authority == Some(Pem::File("/ca.pem".into())), "{root}");
        assert!(found.client == Some(Pem::File("/me.pem".into())), "{cert}");
        assert!(found.key == Some(Pem::File("/me.key".into())), "{key}");
    }
}
