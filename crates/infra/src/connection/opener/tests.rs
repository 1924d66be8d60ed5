use sqlx::postgres::{PgConnectOptions, PgSslMode};

use super::{Opener, Place};
use crate::url::PostgresUrl;

fn options(url: &str) -> PgConnectOptions {
    PostgresUrl::parse(url).unwrap().options
}

/// In words, where connections are opened.
fn place(options: &PgConnectOptions) -> Option<String> {
    Some(match Opener::new(options)?.place {
        Place::Tcp(host, port) => format!("{host} {port}"),
        Place::Tls(host, port, None) => format!("{host} {port}, proven to the usual authorities"),
        Place::Tls(host, port, Some(authority)) => format!("{host} {port}, proven to {authority}"),
        #[cfg(unix)]
        Place::Socket(path) => path.display().to_string(),
    })
}

#[test]
fn connections_lead_to_where_those_of_sqlx_do() {
    for (url, expected) in [
        ("postgres://localhost/tasks", "localhost 5432"),
        ("postgres://127.0.0.1:6543/tasks?sslmode=prefer", "127.0.0.1 6543"),
        ("postgres://[::1]/tasks?sslmode=allow", "[::1] 5432"),
        ("postgres://db.example.com/tasks?sslmode=disable", "db.example.com 5432"),
        ("postgres://localhost/tasks?sslmode=verify-full", "localhost 5432, proven to the usual authorities"),
        ("postgres://db.example.com/tasks", "db.example.com 5432, proven to the usual authorities"),
        ("postgres://db.example.com/tasks?sslmode=require", "db.example.com 5432, proven to the usual authorities"),
        ("postgres://h/d?hostaddr=192.0.2.7&port=6543", "192.0.2.7 6543, proven to the usual authorities"),
        ("postgres://h/d?sslrootcert=/some/ca.pem", "h 5432, proven to file: /some/ca.pem"),
    ] {
        assert_eq!(place(&options(url)).as_deref(), Some(expected), "{url}");
    }
    let told = options("postgres://h/d").ssl_root_cert_from_pem(b"-----BEGIN CERTIFICATE-----".into());
    assert_eq!(place(&told).unwrap(), "h 5432, proven to -----BEGIN CERTIFICATE-----");
}

#[cfg(unix)]
#[test]
fn a_socket_is_found_however_it_is_named() {
    for url in [
        "postgres:///tasks?host=/run/pg",
        "postgres://localhost/tasks?host=/run/pg",
        "postgres://%2Frun%2Fpg/tasks",
        // No network is crossed, and hence nothing encrypted.
        "postgres://%2Frun%2Fpg/tasks?sslmode=verify-full",
    ] {
        assert_eq!(place(&options(url)).as_deref(), Some("/run/pg/.s.PGSQL.5432"), "{url}");
    }
    // So sqlx has it where the URL names no host.
    let default = options("postgres://localhost:6543/tasks").host("/run/pg");
    assert_eq!(place(&default).as_deref(), Some("/run/pg/.s.PGSQL.6543"));
}

#[test]
fn what_is_not_made_here_is_left_to_sqlx() {
    for url in [
        "postgres://localhost/tasks?sslmode=require",
        "postgres://localhost/tasks?sslmode=verify-ca",
        "postgres://db.example.com/tasks?sslmode=verify-ca",
        "postgres://db.example.com/tasks?sslcert=/some/client.pem",
        "postgres://db.example.com/tasks?sslkey=/some/client.key",
        "postgres://localhost/tasks?sslcert=/some/client.pem&sslkey=/some/client.key",
    ] {
        assert_eq!(place(&options(url)), None, "{url}");
    }
    // Nobody asks so of a server elsewhere, but if, then not unproven.
    let unproven = options("postgres://db.example.com/tasks").ssl_mode(PgSslMode::Require);
    assert_eq!(place(&unproven), None);
}

#[test]
fn who_connects_and_to_what_arrives_as_it_is() {
    for odd in ["plain", "p@ss w%rd/:", "%40", "a/b@c", "?x=y#z", "[::1]", "ümläut ♥", "'\"\\"] {
        for host in ["localhost", "/run/pg"] {
            let told = options("postgres://h/d?sslmode=disable").host(host);
            let told = told.username(odd).password(odd).database(odd).application_name(odd);

            let config = Opener::new(&told).unwrap().config;

            assert_eq!(config.get_user(), Some(odd));
            assert_eq!(config.get_password(), Some(odd.as_bytes()), "{odd}");
            assert_eq!(config.get_dbname(), Some(odd));
            assert_eq!(config.get_application_name(), Some(odd));
        }
    }
}

#[test]
fn what_a_url_says_arrives_decoded() {
    let url = "postgres://a%2Fb%40c:p%40ss%20w%25rd%2F%3A@h/my%20tasks?options[search_path]=x&options=-c%20geqo%3Doff";

    let config = Opener::new(&options(url)).unwrap().config;

    assert_eq!(config.get_user(), Some("a/b@c"));
    assert_eq!(config.get_password(), Some(b"p@ss w%rd/:".as_slice()));
    assert_eq!(config.get_dbname(), Some("my tasks"));
    assert_eq!(config.get_application_name(), Some("tasks-api"));
    assert_eq!(config.get_options(), Some("-c search_path=x -c geqo=off"));
}

#[test]
fn what_is_not_said_is_not_made_up() {
    let config = Opener::new(&options("postgres://me@h")).unwrap().config;

    assert_eq!(config.get_dbname(), Some("me"), "as everywhere with Postgres");
    assert_eq!((config.get_password(), config.get_options()), (None, None));
}

#[test]
fn a_password_is_not_shown() {
    let config = Opener::new(&options("postgres://me:s3cret@h/d")).unwrap().config;

    let shown = format!("{config:?}");

    assert!(shown.contains("me") && !shown.contains("s3cret"), "{shown}");
    // Nor as the numbers of its bytes.
    assert!(!shown.contains(&format!("{:?}", b"s3cret")), "{shown}");
}
