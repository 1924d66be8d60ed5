//! How sqlx reaches the servers.

use std::{path::PathBuf, sync::Arc};

use pg_executor::{Connector, rustls::ClientConfig};
use sqlx::postgres::PgConnectOptions;

#[cfg(unix)]
use super::bridge::{Bridge, Destination};
use super::failure::Failure;
use crate::url::{PostgresUrl, Server};

/// How sqlx reaches the servers. Its connections need it as long as they are open or opened.
#[derive(Debug)]
pub(crate) enum Route {
    /// Directly: one server without TLS.
    Direct { host: String, port: u16 },
    #[cfg(unix)]
    Bridge(Bridge),
}

impl Route {
    pub(super) fn set(&self, options: PgConnectOptions) -> PgConnectOptions {
        match self {
            Self::Direct { host, port } if host.starts_with('/') => options.socket(PathBuf::from(host)).port(*port),
            Self::Direct { host, port } => options.host(host).port(*port),
            #[cfg(unix)]
            Self::Bridge(bridge) => options.socket(&bridge.directory).port(5432),
        }
    }
}

/// Opens a way to the servers of this URL, with the TLS that the connector uses.
pub(super) fn to(url: &PostgresUrl, connector: &Connector, tls: Option<&ClientConfig>) -> Result<Route, Failure> {
    let is_only_choice = url.servers.len() == 1 && !url.must_accept_writes;
    if let ([Server { host, address, port }], None, true) = (url.servers.as_slice(), tls, is_only_choice) {
        let host = address.map_or_else(|| host.clone(), |address| address.to_string());
        return Ok(Route::Direct { host, port: *port });
    }
    #[cfg(unix)]
    {
        let (connector, servers) = (connector.clone(), url.servers.clone());
        let destination = Destination { connector, servers, tls: tls.cloned().map(Arc::new), is_only_choice };
        Bridge::open(destination).map(Route::Bridge).map_err(Failure::lasting)
    }
    #[cfg(not(unix))]
    Err(Failure::lasting("TLS and several hosts need a system with Unix sockets"))
}
