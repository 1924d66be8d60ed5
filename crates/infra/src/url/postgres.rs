//! Parses Postgres URLs.

use std::{fmt, net::IpAddr, path::PathBuf};

use migration::is_name;
use percent_encoding::percent_decode_str;
use pg_executor::tokio_postgres::{Config, config::ChannelBinding};
use sqlx::{
    ConnectOptions,
    postgres::{PgConnectOptions, PgSslMode},
};
use url::Url;

use super::invalid::InvalidDatabaseUrl;

/// The parameter of Prisma's URLs that names the schema of the tables.
const SCHEMA: &str = "schema";

/// A Postgres URL with safe defaults, for both drivers.
#[derive(Clone)]
pub(crate) struct PostgresUrl {
    /// For sqlx.
    pub(crate) options: PgConnectOptions,
    password: Option<Vec<u8>>,
    pub(crate) certificates: Certificates,
    /// The schema of the tables, in Prisma's parameter `schema`.
    pub(crate) schema: Option<String>,
    /// The names of parameters that were removed because the driver does not know them.
    pub(crate) ignored: Vec<String>,
}

/// The certificates that the URL or the environment names.
#[derive(Clone, Default)]
pub(crate) struct Certificates {
    /// The certificate of an authority, in addition to the well-known ones.
    pub(crate) authority: Option<Pem>,
    /// The client's certificate.
    pub(crate) client: Option<Pem>,
    /// The private key of the client's certificate.
    pub(crate) key: Option<Pem>,
}

/// A certificate or key in the PEM format.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Pem {
    File(PathBuf),
    Text(String),
}

impl PostgresUrl {
    pub(crate) fn parse(text: &str) -> Result<Self, InvalidDatabaseUrl> {
        let mut url = Url::parse(text).map_err(|error| {
            InvalidDatabaseUrl(format!("must be a valid URL, with special characters in a password encoded: {error}"))
        })?;
        let schema = schema(&url)?;
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
            // Otherwise the driver sends this option when it connects, and PgBouncer rejects it. No column is a float.
            .extra_float_digits(None);
        let (password, certificates) = hidden(&options);
        Ok(Self { options, password, certificates, schema, ignored })
    }

    /// The configuration for tokio-postgres: the same server, user and database. A new connection sends `options` to the
    /// server.
    ///
    /// It does not include TLS. The caller decides that.
    pub(crate) fn config(&self, options: Option<&str>) -> Config {
        let mut config = Config::new();
        let host = self.options.get_host();
        match self.socket() {
            #[cfg(unix)]
            Some(directory) => config.host_path(directory),
            _ => config.host(host.trim_start_matches('[').trim_end_matches(']')),
        };
        let user = self.options.get_username();
        config.port(self.options.get_port()).user(user).dbname(self.options.get_database().unwrap_or(user));
        if let Some(password) = &self.password {
            config.password(password);
        }
        if let Some(name) = self.options.get_application_name() {
            config.application_name(name);
        }
        if let Some(options) = options {
            config.options(options);
        }
        // Channel binding would fail behind a proxy that terminates TLS. The server's certificate is checked instead.
        config.channel_binding(ChannelBinding::Disable);
        config
    }

    /// The directory of the server's Unix socket, if the URL uses one. If the URL has no host, sqlx uses the directory as the
    /// host.
    pub(crate) fn socket(&self) -> Option<PathBuf> {
        let host = self.options.get_host();
        self.options.get_socket().cloned().or_else(|| host.starts_with('/').then(|| PathBuf::from(host)))
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

/// The password and the certificates. sqlx reads them from the URL, the environment and `~/.pgpass`, and has no methods that
/// return them. Only the URL that it builds contains them.
fn hidden(options: &PgConnectOptions) -> (Option<Vec<u8>>, Certificates) {
    // User and host are replaced because sqlx does not encode them.
    let url = options.clone().username("user").host("host").to_url_lossy();
    let pem = |wanted: &str| {
        let (_, value) = url.query_pairs().find(|(name, _)| name == wanted)?;
        Some(match value.strip_prefix("file: ") {
            Some(path) => Pem::File(path.into()),
            None => Pem::Text(value.into_owned()),
        })
    };
    let certificates = Certificates { authority: pem("sslrootcert"), client: pem("sslcert"), key: pem("sslkey") };
    (url.password().map(|password| percent_decode_str(password).collect()), certificates)
}

/// The value of the parameter `schema`.
fn schema(url: &Url) -> Result<Option<String>, InvalidDatabaseUrl> {
    match url.query_pairs().find(|(name, _)| name == SCHEMA) {
        None => Ok(None),
        Some((_, schema)) if is_name(&schema) => Ok(Some(schema.into_owned())),
        Some(_) => {
            Err(InvalidDatabaseUrl("must not have a parameter schema that is not the name of a schema".to_owned()))
        }
    }
}

/// Removes the parameters that the driver does not know and returns their names. The driver would log their values.
///
/// One of them is `channel_binding`, which Neon's URLs contain. It protects against an impostor. So does checking the server's
/// certificate, which [`tls_mode`] requires.
fn remove_unknown_parameters(url: &mut Url) -> Vec<String> {
    if url.query().is_none() {
        return Vec::new();
    }
    let parameters: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    let (known, unknown): (Vec<_>, Vec<_>) = parameters.into_iter().partition(|(name, _)| is_known(name));
    url.query_pairs_mut().clear().extend_pairs(known);
    unknown.into_iter().map(|(name, _)| name).filter(|name| is_plain(name) && name != SCHEMA).collect()
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

/// Whether this looks like the name of a parameter. It may also be part of a password with an unencoded `?`.
fn is_plain(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_') && name.len() <= 32
}

/// How to secure the connection.
///
/// By default sqlx accepts any certificate, so that an attacker on the network could read and change everything. If the server
/// is on another machine, its certificate and the name in it are therefore checked, unless the URL explicitly requests less.
fn tls_mode(options: &PgConnectOptions) -> PgSslMode {
    match options.get_ssl_mode() {
        explicit @ (PgSslMode::Disable | PgSslMode::VerifyCa | PgSslMode::VerifyFull) => explicit,
        other if is_local(options) => other,
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
