//! An address to listen on.

use std::{
    fmt,
    io::{self, ErrorKind},
    net::{IpAddr, Ipv6Addr},
    str::FromStr,
};

use anyhow::{Context, anyhow};

/// A host name or IP address, and a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    pub(crate) host: String,
    pub(crate) port: u16,
}

impl Address {
    /// Whether this stands for all addresses of the machine: `0.0.0.0` or `::`.
    pub(crate) fn is_unspecified(&self) -> bool {
        self.host.parse().is_ok_and(|address: IpAddr| address.is_unspecified())
    }

    /// The error if the system does not let the service listen here: one line with the settings at fault and the remedy.
    pub(crate) fn cannot_listen(&self, settings: &str, error: &io::Error) -> anyhow::Error {
        let remedy = match error.kind() {
            ErrorKind::AddrInUse => "; another program listens there: stop it, or choose another port",
            ErrorKind::PermissionDenied if self.port < 1024 => {
                "; ports below 1024 are reserved for the administrator: choose a port from 1024 on"
            }
            ErrorKind::AddrNotAvailable => {
                "; this machine does not have that address: 0.0.0.0 and [::] stand for all that it has"
            }
            _ => "",
        };
        anyhow!("{settings}: cannot listen on {self}: {error}{remedy}")
    }
}

/// A host name, or an IP address. An IPv6 address may be in brackets, as in a URL. `None` for anything else, such as a host
/// with a port.
pub(super) fn host(text: &str) -> Option<String> {
    let in_brackets = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
    let host = in_brackets.unwrap_or(text);
    let is_ipv6 = || host.split('%').next().is_some_and(|address| address.parse::<Ipv6Addr>().is_ok());
    let is_host = if in_brackets.is_some() || host.contains(':') {
        is_ipv6()
    } else {
        !host.is_empty() && !host.contains(['/', '[', ']', ' ', ','])
    };
    is_host.then(|| host.to_owned())
}

impl FromStr for Address {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let (host, port) = text.rsplit_once(':').context("no port")?;
        Ok(Self { host: self::host(host).context("no host")?, port: port.parse()? })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port } = self;
        if host.contains(':') { write!(f, "[{host}]:{port}") } else { write!(f, "{host}:{port}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv6_address_may_be_in_brackets() {
        for (text, expected) in [
            ("[::]", "::"),
            ("::", "::"),
            ("[::1]", "::1"),
            ("fe80::1%eth0", "fe80::1%eth0"),
            ("0.0.0.0", "0.0.0.0"),
            ("localhost", "localhost"),
        ] {
            assert_eq!(host(text).as_deref(), Some(expected), "{text}");
        }
        for text in ["", "[]", "[::", "::]", "[localhost]", "localhost:8000", "[::]:8000", "http://localhost", "a,b"] {
            assert_eq!(host(text), None, "{text}");
        }
    }

    #[test]
    fn an_address_is_shown_as_in_a_url() {
        for (text, expected) in [
            ("[::]:9090", "[::]:9090"),
            (":::9090", "[::]:9090"),
            ("127.0.0.1:9090", "127.0.0.1:9090"),
            ("localhost:0", "localhost:0"),
        ] {
            assert_eq!(text.parse::<Address>().unwrap().to_string(), expected, "{text}");
        }
        for text in ["9090", ":9090", "localhost", "::1", "[::1]", "localhost:http", "localhost:65536"] {
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
    }

    #[test]
    fn an_address_for_all_is_recognized() {
        for (host, expected) in
            [("0.0.0.0", true), ("::", true), ("0:0::0", true), ("127.0.0.1", false), ("localhost", false)]
        {
            assert_eq!(Address { host: host.to_owned(), port: 1 }.is_unspecified(), expected, "{host}");
        }
    }
}
