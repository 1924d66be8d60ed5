//! What a URL says about TLS.

use super::postgres;
use crate::url::{Authorities, Mode, Pem, Proof};

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
    let local = [
        "localhost",
        "LOCALHOST",
        "127.0.0.1",
        "127.8.8.8",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "%2Frun%2Fpostgresql",
        "localhost,[::1]",
    ];
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
