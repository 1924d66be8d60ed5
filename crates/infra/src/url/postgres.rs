//! Parses Postgres URLs.

mod parameters;
mod parts;
mod servers;
mod tls;

use std::{
    borrow::Cow,
    fmt::{self, Write as _},
};

use percent_encoding::percent_decode_str;
use pg_executor::tokio_postgres::{
    Config,
    config::{ChannelBinding, TargetSessionAttrs},
};
use sqlx::{
    ConnectOptions,
    postgres::{PgConnectOptions, PgSslMode},
};
use url::{Url, form_urlencoded};

use super::invalid::InvalidDatabaseUrl;
pub(crate) use parameters::Ignored;
use parameters::Parameters;
use parts::Parts;
pub(crate) use servers::Server;
pub(crate) use tls::{Authorities, Mode, Pem, Proof, Tls};

/// A Postgres URL with safe defaults, for both drivers.
#[derive(Clone)]
pub(crate) struct PostgresUrl {
    /// For sqlx: the user, the database and the session. Which server to connect to, and how, is decided elsewhere.
    pub(crate) options: PgConnectOptions,
    password: Option<Vec<u8>>,
    /// The servers, in the order in which they are tried. At least one.
    pub(crate) servers: Vec<Server>,
    /// Whether a server that is read-only is passed over.
    pub(crate) must_accept_writes: bool,
    pub(crate) tls: Tls,
    /// The schema of the tables, in Prisma's parameter `schema`.
    pub(crate) schema: Option<String>,
    /// The parameters that have no effect.
    pub(crate) ignored: Vec<Ignored>,
}

impl PostgresUrl {
    pub(crate) fn parse(text: &str) -> Result<Self, InvalidDatabaseUrl> {
        let parts = Parts::split(text)?;
        let parameters = Parameters::read(&parts)?;
        let options = session(&parts, &parameters)?;
        let servers = servers::servers(&parts, &parameters, &options)?;
        let tls = Tls::read(&parameters, &servers)?;
        // The service writes. With one server there is nothing to choose.
        let must_accept_writes = parameters.must_accept_writes()?.unwrap_or(servers.len() > 1);
        let password = password(&options);
        let options = options.ssl_mode(PgSslMode::Disable);
        Ok(Self {
            options,
            password,
            servers,
            must_accept_writes,
            tls,
            schema: parameters.schema()?,
            ignored: parameters.ignored,
        })
    }

    /// The configurations for tokio-postgres, one for each server: the same user and database. A new connection sends `options`
    /// to the server.
    ///
    /// They do not include TLS. The caller decides that.
    pub(crate) fn configs(&self, options: Option<&str>) -> Vec<Config> {
        let mut config = Config::new();
        let user = self.options.get_username();
        config.user(user).dbname(self.options.get_database().unwrap_or(user));
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
        if self.must_accept_writes {
            config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        }
        self.servers.iter().map(|server| server.config(config.clone())).collect()
    }

    /// Whether every server is on this machine.
    pub(crate) fn is_local(&self) -> bool {
        self.servers.iter().all(Server::is_local)
    }
}

impl fmt::Display for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Postgres at ")?;
        for (number, server) in self.servers.iter().enumerate() {
            let separator = if number > 0 { " or " } else { "" };
            write!(f, "{separator}{server}")?;
        }
        let database = self.options.get_database().unwrap_or(self.options.get_username());
        write!(f, ", database {database}")
    }
}

/// The user, the password, the database and what a session is told. What the URL leaves out, sqlx takes from the environment and
/// from `~/.pgpass`.
fn session(parts: &Parts<'_>, parameters: &Parameters) -> Result<PgConnectOptions, InvalidDatabaseUrl> {
    for part in [parts.user, parts.path] {
        parts::decoded(part)?;
    }
    let mut text =
        format!("postgres://{}{}localhost{}?", parts.user, if parts.user.is_empty() { "" } else { "@" }, parts.path);
    let mut query = form_urlencoded::Serializer::new(String::new());
    // The first server, for `~/.pgpass`.
    if let Some((host, port)) = servers::first(parts, parameters)? {
        query.append_pair("host", &host).extend_pairs(port.map(|port| ("port", port.to_string())));
    }
    query.extend_pairs(parameters.of_session.iter().map(|(name, value)| (name, value)));
    let _infallible = text.write_str(&query.finish());
    // The driver's message would repeat the value.
    let options: PgConnectOptions =
        text.parse().map_err(|_repeats_the_value| InvalidDatabaseUrl(parts::ENCODE.to_owned()))?;
    let name = options.get_application_name().unwrap_or("tasks-api").to_owned();
    Ok(options
        .application_name(&name)
        // Otherwise the driver sends this option when it connects, and PgBouncer rejects it. No column is a float.
        .extra_float_digits(None))
}

/// The password. sqlx takes it from the URL, the environment or `~/.pgpass`, and has no method that returns it. Only the URL
/// that it builds contains it.
fn password(options: &PgConnectOptions) -> Option<Vec<u8>> {
    // User and host are replaced because sqlx does not encode them.
    let url: Url = options.clone().username("user").host("host").to_url_lossy();
    let password: Option<Cow<'_, [u8]>> = url.password().map(|password| percent_decode_str(password).into());
    password.map(Cow::into_owned)
}
