use std::{fmt, net::IpAddr};

use sqlx::postgres::{PgConnectOptions, PgSslMode};
use url::Url;

use super::InvalidDatabaseUrl;

/// A Postgres URL, made safe.
#[derive(Clone)]
pub(crate) struct PostgresUrl {
    pub(crate) options: PgConnectOptions,
    /// The names of parameters that were left out because the driver does not know them.
    pub(crate) ignored: Vec<String>,
}

impl PostgresUrl {
    pub(crate) fn parse(text: &str) -> Result<Self, InvalidDatabaseUrl> {
        let mut url = Url::parse(text).map_err(|error| {
            InvalidDatabaseUrl(format!("must be a valid URL, with special characters in a password encoded: {error}"))
        })?;
        let ignored = remove_unknown_parameters(&mut url);
        // The driver's message would repeat the value.
        let options: PgConnectOptions = url.as_str().parse().map_err(|_repeats_the_value| {
            InvalidDatabaseUrl("must not have a parameter with a value that Postgres does not know".to_owned())
        })?;
        let tls = tls_mode(&options);
        let name = options.get_application_name().unwrap_or("tasks-api").to_owned();
        let options = options
            .ssl_mode(tls)
            .application_name(&name)
            // Sent at the start of a connection otherwise, and refused by PgBouncer. Floats are not used here.
            .extra_float_digits(None);
        Ok(Self { options, ignored })
    }

    /// Whether the server is on this machine.
    pub(crate) fn is_local(&self) -> bool {
        is_local(&self.options)
    }
}

impl fmt::Display for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let options = &self.options;
        match options.get_socket() {
            Some(socket) => write!(f, "Postgres at {}", socket.display())?,
            None => write!(f, "Postgres at {}:{}", options.get_host(), options.get_port())?,
        }
        let database = options.get_database().unwrap_or(options.get_username());
        write!(f, ", database {database}")
    }
}

/// Takes out what the driver would not know, since it logs such parameters with their values, and returns their names.
///
/// `channel_binding`, part of the URLs that Neon hands out, is one of them. It guards against a server that is not the
/// real one, and so does checking the server's certificate, which [`tls_mode`] sees to.
fn remove_unknown_parameters(url: &mut Url) -> Vec<String> {
    if url.query().is_none() {
        return Vec::new();
    }
    let parameters: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    let (known, unknown): (Vec<_>, Vec<_>) = parameters.into_iter().partition(|(name, _)| is_known(name));
    url.query_pairs_mut().clear().extend_pairs(known);
    unknown.into_iter().map(|(name, _)| name).filter(|name| is_plain(name)).collect()
}

/// Whether sqlx knows a parameter of this name.
fn is_known(name: &str) -> bool {
    const NAMES: [&str; 17] = [
        "sslmode",
        "ssl-mode",
        "sslrootcert",
        "ssl-root-cert",
        "ssl-ca",
        "sslcert",
        "ssl-cert",
        "sslkey",
        "ssl-key",
        "statement-cache-capacity",
        "host",
        "hostaddr",
        "port",
        "dbname",
        "user",
        "password",
        "application_name",
    ];
    NAMES.contains(&name) || name == "options" || name.starts_with("options[")
}

/// Whether this can be the name of a parameter. A password with a `?` that is not encoded can end up in its place.
fn is_plain(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_') && name.len() <= 32
}

/// How to secure the connection.
///
/// sqlx takes any certificate unless told to verify it, so that whoever sits between could read and change everything.
/// On the way to another machine the certificate and the name in it are therefore always checked, unless the URL decides
/// otherwise in so many words.
fn tls_mode(options: &PgConnectOptions) -> PgSslMode {
    match options.get_ssl_mode() {
        decided @ (PgSslMode::Disable | PgSslMode::VerifyCa | PgSslMode::VerifyFull) => decided,
        undecided if is_local(options) => undecided,
        PgSslMode::Allow | PgSslMode::Prefer | PgSslMode::Require => PgSslMode::VerifyFull,
    }
}

fn is_local(options: &PgConnectOptions) -> bool {
    let host = options.get_host();
    let address = host.trim_start_matches('[').trim_end_matches(']');
    options.get_socket().is_some()
        || host.starts_with('/')
        || host.eq_ignore_ascii_case("localhost")
        || address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}
