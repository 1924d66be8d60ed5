//! The servers that a Postgres URL names.

use std::{
    fmt,
    net::{IpAddr, Ipv6Addr},
    path::Path,
};

use pg_executor::tokio_postgres::Config;
use sqlx::postgres::PgConnectOptions;

use super::{
    parameters::Parameters,
    parts::{self, Parts},
};
use crate::url::InvalidDatabaseUrl;

/// A server: a host, or the directory of a Unix socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Server {
    /// The name that the server's certificate must contain; an IP address without brackets; or a directory, which begins with a
    /// slash.
    pub(crate) host: String,
    /// Where to connect, if not to the address of the host.
    pub(crate) address: Option<IpAddr>,
    pub(crate) port: u16,
}

impl Server {
    /// The directory of the server's Unix socket, if it has one.
    pub(crate) fn socket(&self) -> Option<&Path> {
        self.host.starts_with('/').then(|| Path::new(&self.host))
    }

    /// Whether the server is on this machine.
    pub(super) fn is_local(&self) -> bool {
        let address = self.address.or_else(|| self.host.parse().ok());
        self.socket().is_some()
            || address
                .map_or(self.host.eq_ignore_ascii_case("localhost"), |address| address.to_canonical().is_loopback())
    }

    pub(super) fn config(&self, mut config: Config) -> Config {
        match self.socket() {
            #[cfg(unix)]
            Some(directory) => config.host_path(directory),
            _ => config.host(&self.host),
        };
        if let Some(address) = self.address {
            config.hostaddr(address);
        }
        config.port(self.port);
        config
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.socket(), self.host.contains(':')) {
            (Some(directory), _) => write!(f, "{}", directory.display()),
            (None, true) => write!(f, "[{}]:{}", self.host, self.port),
            (None, false) => write!(f, "{}:{}", self.host, self.port),
        }
    }
}

/// A host, if it is named, and a port, if it is named.
type Named = (Option<String>, Option<u16>);

/// All servers. What the URL leaves out comes from the environment, which sqlx has read.
pub(super) fn servers(
    parts: &Parts<'_>,
    parameters: &Parameters,
    options: &PgConnectOptions,
) -> Result<Vec<Server>, InvalidDatabaseUrl> {
    let named = named(parts, parameters)?;
    let addresses = parameters.addresses()?;
    if !addresses.is_empty() && addresses.len() != named.len() {
        return Err(InvalidDatabaseUrl("must have as many addresses in hostaddr as hosts".to_owned()));
    }
    // The port in `options` is that of the first host.
    let default_port = PgConnectOptions::new_without_pgpass().get_port();
    let default_host = || options.get_socket().map_or(options.get_host().to_owned(), |path| path.display().to_string());
    let server = |(number, (host, port)): (usize, Named)| {
        let address = addresses.get(number).copied();
        let host = host.or(address.map(|address| address.to_string())).unwrap_or_else(default_host);
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        Server { host, address, port: port.unwrap_or(default_port) }
    };
    Ok(named.into_iter().enumerate().map(server).collect())
}

/// The first host and its port, if the URL names a host.
pub(super) fn first(
    parts: &Parts<'_>,
    parameters: &Parameters,
) -> Result<Option<(String, Option<u16>)>, InvalidDatabaseUrl> {
    let (host, port) = named(parts, parameters)?.swap_remove(0);
    let address = || Ok(parameters.addresses()?.first().map(ToString::to_string));
    let host = match host {
        Some(host) => Some(host),
        None => address()?,
    };
    Ok(host.map(|host| (host, port)))
}

/// The hosts and ports that the URL names. Parameters override what comes before the path.
fn named(parts: &Parts<'_>, parameters: &Parameters) -> Result<Vec<Named>, InvalidDatabaseUrl> {
    let mut all: Vec<Named> = parts.hosts.split(',').map(host_and_port).collect::<Result<_, _>>()?;
    if let Some(hosts) = parameters.of("host") {
        let before: Vec<Named> = all;
        let port_of = |number: usize| before.get(number).or(before.first()).and_then(|(_, port)| *port);
        let host = |host: &str| (!host.is_empty()).then(|| host.to_owned());
        all = hosts.split(',').enumerate().map(|(number, name)| (host(name), port_of(number))).collect();
    } else if let [(None, port)] = all[..] {
        // Only addresses.
        all = vec![(None, port); parameters.addresses()?.len().max(1)];
    }
    if let Some(list) = parameters.of("port") {
        let given: Vec<u16> = list.split(',').map(port).collect::<Result<_, _>>()?;
        if given.len() != 1 && given.len() != all.len() {
            return Err(InvalidDatabaseUrl("must have one port, or as many ports as hosts".to_owned()));
        }
        for (number, (_, port)) in all.iter_mut().enumerate() {
            *port = given.get(number).or(given.first()).copied();
        }
    }
    if all.len() > 1 && all.iter().any(|(host, _)| host.is_none()) && parameters.addresses()?.is_empty() {
        return Err(InvalidDatabaseUrl("must have a name for each of its hosts".to_owned()));
    }
    Ok(all)
}

/// Reads `host`, `host:port`, `[::1]:port`, `%2Fdirectory` or nothing.
fn host_and_port(text: &str) -> Result<Named, InvalidDatabaseUrl> {
    let (host, rest) = match text.strip_prefix('[') {
        Some(address) => {
            let (address, rest) =
                address.split_once(']').ok_or_else(|| InvalidDatabaseUrl(parts::ENCODE.to_owned()))?;
            let host = ipv6(&parts::decoded(address)?)?.to_string();
            (host, rest.strip_prefix(':').or(rest.is_empty().then_some("")))
        }
        None if text.parse::<Ipv6Addr>().is_ok() || text.starts_with("%5B") || text.starts_with("%5b") => {
            return Err(InvalidDatabaseUrl("must have brackets around an IPv6 address, not encoded: [::1]".to_owned()));
        }
        None => {
            let (host, port) = text.split_once(':').unwrap_or((text, ""));
            (parts::decoded(host)?.into_owned(), Some(port))
        }
    };
    let rest = rest.ok_or_else(|| InvalidDatabaseUrl(parts::ENCODE.to_owned()))?;
    let port = if rest.is_empty() { None } else { Some(port(rest)?) };
    Ok(((!host.is_empty()).then_some(host), port))
}

fn ipv6(text: &str) -> Result<Ipv6Addr, InvalidDatabaseUrl> {
    if text.contains('%') {
        let message =
            "must have an IPv6 address without a zone (%eth0): use the server's name or another of its addresses";
        return Err(InvalidDatabaseUrl(message.to_owned()));
    }
    text.parse()
        .map_err(|_not_an_address| InvalidDatabaseUrl("must have an IPv6 address in brackets: [::1]".to_owned()))
}

/// The usual reason for a port that is no number is that the text is in fact part of a password.
fn port(text: &str) -> Result<u16, InvalidDatabaseUrl> {
    text.parse().map_err(|_not_a_port| {
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        InvalidDatabaseUrl(if is_number {
            "must have a port from 0 to 65535".to_owned()
        } else {
            parts::ENCODE.to_owned()
        })
    })
}
