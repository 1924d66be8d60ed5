//! The sockets on which the service listens.

use std::net::{SocketAddr, TcpListener};

use tokio::net::{TcpSocket, lookup_host};

use crate::config::Address;

/// How many connections may wait to be accepted; the framework's default.
const BACKLOG: u32 = 2048;

/// The listening sockets, one for each address of the host. A connection waits in its socket, whichever server accepts it.
pub(super) struct Listeners(Vec<TcpListener>);

impl Listeners {
    /// Listens on each address of the host that is available.
    ///
    /// # Errors
    ///
    /// If there is none. The error is one line that names the settings.
    pub(super) async fn bind(address: &Address) -> anyhow::Result<Self> {
        let cannot = |error| address.cannot_listen("HOST, PORT", &error);
        let found = lookup_host((address.host.as_str(), address.port)).await.map_err(cannot)?;
        let (bound, failed): (Vec<_>, Vec<_>) = found.map(listen).partition(Result::is_ok);
        match failed.into_iter().find_map(Result::err) {
            Some(error) if bound.is_empty() => Err(cannot(error)),
            _ => Ok(Self(bound.into_iter().flatten().collect())),
        }
    }

    /// The same sockets for a server that another one follows. They stay open when it stops.
    pub(super) fn share(&self) -> std::io::Result<Vec<TcpListener>> {
        self.0.iter().map(TcpListener::try_clone).collect()
    }

    /// The sockets for the last server, which closes them when it stops. While it finishes requests, new connections are refused.
    pub(super) fn into_sockets(self) -> Vec<TcpListener> {
        self.0
    }
}

fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // So that a restart need not wait until the old connections are forgotten. On Windows it would share the port.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)?.into_std()
}
