use pg_executor::tokio_postgres::{Config, config::Host};

use super::{Authorities, DatabaseUrl, Mode, Pem, Proof, Target};

/// What a URL must not be mistaken for: a password with a character that is not encoded.
const ENCODE: &str = "must be postgres://user:password@host:port/database with special characters in the password encoded: \
                      % as %25, @ as %40, : as %3A, / as %2F, ? as %3F, # as %23";

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
        ("postgres://u:s3cret@::1/d", "must have brackets around an IPv6 address: [::1]"),
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

#[test]
fn the_certificate_of_another_machine_is_checked_by_default() {
    let remote = [
        "db.example.com",
        "10.0.0.7",
        "postgres",
        "[2001:db8::1]",
        "localhost.example.com",
        "127.0.0.1.example.com",
        "localhost,db",
    ];
    let local = ["localhost", "LOCALHOST", "127.0.0.1", "127.8.8.8", "[::1]", "%2Frun%2Fpostgresql", "localhost,[::1]"];
    let mode =
        |host: &str, parameters: &str| postgres(&format!("postgres://me:s3cret@{host}/tasks?{parameters}")).tls.mode;
    let (any, full) = (Mode::On(Proof::None), Mode::On(Proof::CertificateAndName));
    let certificate = Mode::On(Proof::Certificate);

    for (parameters, of_remote, of_local) in [
        ("", full, Mode::IfNeeded),
        ("sslmode=allow", full, Mode::IfNeeded),
        ("sslmode=prefer", full, Mode::IfNeeded),
        ("sslmode=require", full, any),
        ("ssl-mode=Require", full, any),
        ("ssl=true", full, any),
        ("sslmode=disable", Mode::Off, Mode::Off),
        ("ssl=false", Mode::Off, Mode::Off),
        ("sslmode=no-verify", any, any),
        ("sslmode=require&sslaccept=accept_invalid_certs", any, any),
        ("sslmode=require&sslaccept=strict", full, full),
        ("sslmode=verify-full", full, full),
        // Every authority would do, so the name must be checked.
        ("sslmode=verify-ca", full, full),
        ("sslmode=verify-ca&sslrootcert=/ca.pem", certificate, certificate),
        ("sslmode=require&sslrootcert=/ca.pem", certificate, certificate),
        ("sslmode=verify-full&sslrootcert=/ca.pem", full, full),
        ("sslrootcert=/ca.pem", full, Mode::IfNeeded),
        ("sslrootcert=system", full, full),
        ("sslmode=require&sslrootcert=system", full, full),
    ] {
        for host in remote {
            assert_eq!(mode(host, parameters), of_remote, "{host} {parameters}");
        }
        for host in local {
            assert_eq!(mode(host, parameters), of_local, "{host} {parameters}");
        }
    }
    assert_eq!(mode("localhost", "host=db.example.com"), full);
    assert_eq!(mode("db.example.com", "host=/run/postgresql"), Mode::IfNeeded);
    assert_eq!(mode("localhost", "hostaddr=10.0.0.7"), full);
}

#[test]
fn a_url_of_neon_is_accepted() {
    let url =
        postgres("postgresql://me:s3cret@ep-cool-1.eu.aws.neon.tech/neondb?sslmode=require&channel_binding=require");

    assert_eq!(url.tls.mode, Mode::On(Proof::CertificateAndName));
    let ignored = &url.ignored[0];
    assert_eq!((ignored.name.as_str(), ignored.reason.is_some()), ("channel_binding", true));
    assert!(!format!("{:?}", url.options).contains("channel_binding"));
}

#[test]
fn the_schema_of_a_prisma_url_is_known() {
    let url = "postgres://h/d?schema=my%20app&connection_limit=5";

    assert_eq!(DatabaseUrl::parse(url).unwrap().schema(), Some("my app"));
    assert_eq!(postgres(url).ignored.len(), 1, "connection_limit");
    assert_eq!(DatabaseUrl::parse("postgres://h/d").unwrap().schema(), None);
    assert!(rule("postgres://h/d?schema=").contains("schema"));
}

#[test]
fn parameters_of_other_clients_are_known() {
    for name in [
        "connection_limit",
        "pool_timeout",
        "pgbouncer",
        "connect_timeout",
        "uselibpqcompat",
        "statement_cache_size",
        "prepared_statement_cache_size",
        "supa",
        "load_balance_hosts",
        "sslnegotiation",
        "keepalives_idle",
        "gssencmode",
    ] {
        let url = postgres(&format!("postgres://h/d?{name}=1"));

        assert!(url.ignored[0].reason.is_some(), "{name}");
    }
    for name in ["sslidentity", "service", "require_auth", "sslcrldir", "sslpassword", "replication"] {
        assert!(rule(&format!("postgres://h/d?{name}=1")).starts_with(&format!("must not have {name}: ")), "{name}");
    }
    // A Supabase pooler reads the project from the options.
    let url = postgres("postgres://h/d?options=reference%3Dabc");
    assert_eq!(url.options.get_options(), Some("reference=abc"));
}

#[test]
fn unknown_parameters_are_left_out() {
    let text = "postgres://h/d?colour=red&options=-c%20a%3D1&shape=round&application_name=jobs&options[b]=2";
    let url = postgres(text);

    let ignored = url.ignored.iter().map(|ignored| (ignored.name.as_str(), ignored.reason));
    assert!(ignored.eq([("colour", None), ("shape", None)]));
    assert_eq!(url.options.get_application_name(), Some("jobs"));
    assert_eq!(url.options.get_options(), Some("-c a=1 -c b=2"));
    assert!(postgres("postgres://u:1?S3cret").ignored.is_empty(), "a password is no name");
    assert_eq!(postgres("postgres://h/d").options.get_application_name(), Some("tasks-api"));
}

/// For tokio-postgres.
fn config(text: &str) -> Config {
    let url = postgres(text);
    url.configs(url.options.get_options()).swap_remove(0)
}

#[test]
fn both_drivers_connect_to_the_same_server() {
    for (url, host, port) in [
        ("postgres://localhost/tasks", "localhost", 5432),
        ("postgres://127.0.0.1:6543/tasks?sslmode=prefer", "127.0.0.1", 6543),
        ("postgres://[::1]/tasks?sslmode=allow", "::1", 5432),
        ("postgres://me@[::1]:6543/tasks", "::1", 6543),
        ("postgres://h:6543/d", "h", 6543),
        ("postgres://h/d?host=g&port=6543", "g", 6543),
        ("postgres:///d?hostaddr=192.0.2.7&port=6543", "192.0.2.7", 6543),
    ] {
        let config = config(url);

        assert_eq!(config.get_hosts(), [Host::Tcp(host.to_owned())], "{url}");
        assert_eq!(config.get_ports(), [port], "{url}");
    }
}

#[test]
fn several_hosts_are_kept_in_order() {
    let servers = |text: &str| -> Vec<String> {
        postgres(text).servers.iter().map(|server| format!("{server} {:?}", server.address)).collect()
    };

    assert_eq!(servers("postgres://me@a:1,[::1]:2,c/d"), ["a:1 None", "[::1]:2 None", "c:5432 None"]);
    assert_eq!(servers("postgres://me@x/d?host=a,b&port=1,2"), ["a:1 None", "b:2 None"]);
    assert_eq!(servers("postgres:///d?host=a,b&port=7"), ["a:7 None", "b:7 None"]);
    assert_eq!(
        servers("postgres://a,b:9/d?hostaddr=192.0.2.1,192.0.2.2"),
        ["a:5432 Some(192.0.2.1)", "b:9 Some(192.0.2.2)"]
    );
    assert_eq!(
        servers("postgres:///d?hostaddr=192.0.2.1,::1"),
        ["192.0.2.1:5432 Some(192.0.2.1)", "[::1]:5432 Some(::1)"]
    );
}

#[test]
fn one_of_several_hosts_must_accept_writes() {
    for (text, expected) in [
        ("postgres://a/d", false),
        ("postgres://a/d?target_session_attrs=read-write", true),
        ("postgres://a,b/d", true),
        ("postgres://a,b/d?target_session_attrs=primary", true),
        ("postgres://a,b/d?target_session_attrs=any", false),
    ] {
        assert_eq!(postgres(text).must_accept_writes, expected, "{text}");
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
        assert!(postgres(url).servers[0].socket().is_some(), "{url}");
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
        let tls = postgres(&format!("postgres://h/d?{root}=/ca.pem&{cert}=/me.pem&{key}=/me.key")).tls;

        assert!(tls.authorities == Authorities::Named(Pem::File("/ca.pem".into())), "{root}");
        assert!(tls.client == Some((Pem::File("/me.pem".into()), Pem::File("/me.key".into()))), "{cert} {key}");
    }
}
