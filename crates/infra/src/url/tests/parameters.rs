//! Parameters of libpq and of other clients.

use super::{postgres, rule};
use crate::url::{DatabaseUrl, Mode, Proof};

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
