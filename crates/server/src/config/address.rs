//! An address to listen on.

use std::{fmt, str::FromStr};

use anyhow::{Context, ensure};

/// A host name or IP address, and a port.
pub(crate) struct Address {
    pub(crate) host: String,
    pub(crate) port: u16,
}

impl FromStr for Address {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let (host, port) = text.rsplit_once(':').context("no port")?;
        let host = host.trim_start_matches('[').trim_end_matches(']');
        ensure!(!host.is_empty() && !host.contains('/'), "no host");
        Ok(Self { host: host.to_owned(), port: port.parse()? })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}
