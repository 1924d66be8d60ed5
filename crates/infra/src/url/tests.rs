mod parameters;
mod servers;
mod session;
mod tls;

use pg_executor::tokio_postgres::Config;

use super::{DatabaseUrl, PostgresUrl, Target};

/// The error if a character of the password is not encoded.
const ENCODE: &str = "must be postgres://user:password@host:port/database with special characters in the password encoded: \
                      % as %25, @ as %40, : as %3A, / as %2F, ? as %3F, # as %23";

fn rule(text: &str) -> String {
    DatabaseUrl::parse(text).unwrap_err().to_string()
}

fn postgres(text: &str) -> Box<PostgresUrl> {
    match DatabaseUrl::parse(text).unwrap().0 {
        Target::Postgres(url) => url,
        Target::Sqlite(_) => panic!("{text} is Postgres"),
    }
}

/// For tokio-postgres, to the first server.
fn config(text: &str) -> Config {
    let url = postgres(text);
    url.configs(url.options.get_options()).swap_remove(0)
}

#[test]
fn postgres_and_sqlite_are_accepted_and_nothing_else() {
    for text in [
        "postgres://localhost/tasks",
        "postgresql://u:p@db.example.com:6543/tasks",
        "postgres:///tasks",
        "postgresql+asyncpg://u:p@h/d",
    ] {
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
        ("postgres://u:s3cret/@h:5432/d", ENCODE),
        ("postgres://u@h:99999/d", "must have a port from 0 to 65535"),
        ("postgres://u:s3c#ret@h/d", ENCODE),
        ("postgres://u:s3c?ret@h/d", ENCODE),
        ("postgres://u:1?s3cret@h/d", ENCODE),
        ("postgres://u:1?s3cret=2@h/d", ENCODE),
        ("postgres://u:s3cret%a1@h/d", ENCODE),
        ("postgres://u:s3cret:5432/d", ENCODE),
        (
            "postgres://h/d?sslmode=s3cret",
            "must have one of these as sslmode (or PGSSLMODE): disable, allow, prefer, require, verify-ca, verify-full",
        ),
        ("postgres://h/d?port=s3cret", ENCODE),
        ("postgres://h/d?hostaddr=s3cret", "must have IP addresses in hostaddr"),
        ("postgres://u:s3cret@::1/d", "must have brackets around an IPv6 address, not encoded: [::1]"),
        ("postgres://u:s3cret@%5B::1%5D:5432/d", "must have brackets around an IPv6 address, not encoded: [::1]"),
        (
            "postgres://u:s3cret@[fe80::1%25eth0]/d",
            "must have an IPv6 address without a zone (%eth0): use the server's name or another of its addresses",
        ),
        ("postgres://u:s3cret@a,,b/d", "must have a name for each of its hosts"),
        ("postgres://u:s3cret@a,b/d?port=1,2,3", "must have one port, or as many ports as hosts"),
        ("postgres://u:s3cret@a,b/d?hostaddr=192.0.2.1", "must have as many addresses in hostaddr as hosts"),
        (
            "postgres://u:s3cret@a/d?target_session_attrs=standby",
            "must not ask for a standby in target_session_attrs: the service writes; use read-write",
        ),
        ("postgres://u:s3cret@a/d?sslcrl=x", "must not have sslcrl: lists of revoked certificates are not checked"),
        (
            "postgres://u:s3cret@a/d?sslrootcert=system&sslmode=disable",
            "must have sslmode=verify-full, or no sslmode, with sslrootcert=system",
        ),
        (
            "postgres://u:s3cret@a/d?sslcert=/me.pem",
            "must have both sslcert and sslkey, the client's certificate and its key, or neither; \
             the certificate of the server's authority is sslrootcert",
        ),
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
        ("postgres://me:s3cret@[::1]:6543/tasks", "Postgres at [::1]:6543, database tasks"),
        ("postgres://me:s3cret@a,b:6543/tasks", "Postgres at a:5432 or b:6543, database tasks"),
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
