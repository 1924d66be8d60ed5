use super::ways;
use crate::url::{DatabaseUrl, Target};

/// The ways to secure a connection to this URL: `true` with TLS.
fn secured(url: &str) -> Result<Vec<bool>, String> {
    let Target::Postgres(url) = DatabaseUrl::parse(url).unwrap().0 else { panic!("{url} is Postgres") };
    Ok(ways(&url).map_err(|error| error.to_string())?.iter().map(Option::is_some).collect())
}

#[test]
fn each_sslmode_has_its_attempts_in_order() {
    for (url, expected) in [
        ("postgres://localhost/d", [false, true].as_slice()),
        ("postgres://localhost/d?sslmode=allow", &[false, true]),
        ("postgres://localhost/d?sslmode=prefer", &[false, true]),
        ("postgres://localhost/d?sslmode=require", &[true]),
        ("postgres://localhost/d?sslmode=verify-full", &[true]),
        ("postgres://db.example.com/d?sslmode=no-verify", &[true]),
        ("postgres://localhost/d?sslmode=disable", &[false]),
        ("postgres://db.example.com/d", &[true]),
        ("postgres://db.example.com/d?sslmode=prefer", &[true]),
        ("postgres://db.example.com/d?sslmode=disable", &[false]),
        ("postgres://%2Frun%2Fpg/d?sslmode=verify-full", &[false]),
    ] {
        assert_eq!(secured(url).as_deref(), Ok(expected), "{url}");
    }
}

#[test]
fn a_certificate_that_cannot_be_read_is_named() {
    let error = secured("postgres://h/d?sslrootcert=/no/such/file.pem").unwrap_err();
    assert!(error.starts_with("sslrootcert /no/such/file.pem: "), "{error}");

    let error = secured("postgres://h/d?sslrootcert=Cargo.toml").unwrap_err();
    assert_eq!(error, "sslrootcert Cargo.toml: there is no certificate in the PEM format");
}
