//! The servers that a URL names.

use pg_executor::tokio_postgres::config::Host;

use super::{config, postgres};

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
