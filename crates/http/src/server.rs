//! The HTTP server.

use std::{
    future::ready,
    io,
    net::{SocketAddr, TcpListener},
    sync::Arc,
    time::Duration,
};

use actix_http::{HttpService, Protocol, error::DispatchError};
use actix_server::Server;
use actix_service::{IntoServiceFactory, ServiceFactoryExt, fn_service, map_config};
use actix_web::dev::AppConfig;
use tokio::net::TcpStream;

use crate::{
    app::{Api, app},
    connection::{admission::Connections, stream::Connection},
};

/// How long a closed connection may take to acknowledge that, while the server still reads what arrives.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// How the server runs.
#[derive(Clone)]
pub struct ServerSettings {
    /// How many threads serve requests: 1 to 512.
    pub workers: usize,
    /// How long a connection may be idle.
    pub keep_alive: Duration,
    /// How long requests in flight may take to finish at a stop, in seconds.
    pub shutdown_timeout: u64,
    /// The limits of connections.
    pub connections: Arc<Connections>,
}

/// The server, which starts as soon as it is polled, and its addresses. Calls `make_api` on each worker, once for each listener.
///
/// # Errors
///
/// If a listener cannot be used.
pub fn server(
    listeners: Vec<TcpListener>,
    settings: &ServerSettings,
    make_api: impl Fn() -> Api + Clone + Send + 'static,
) -> io::Result<(Server, Vec<SocketAddr>)> {
    let addresses = listeners.iter().map(TcpListener::local_addr).collect::<io::Result<_>>()?;
    let mut server = Server::build()
        .workers(settings.workers)
        .shutdown_timeout(settings.shutdown_timeout)
        // The framework's handling of SIGINT would abort requests in flight.
        .disable_signals();
    let stop = server.graceful_shutdown_signal();
    for listener in listeners {
        let (connections, keep_alive) = (Arc::clone(&settings.connections), settings.keep_alive);
        let (make_api, stop) = (make_api.clone(), stop.clone());
        server = server.listen("tasks-api", listener, move || {
            let (connections, stop) = (Arc::clone(&connections), stop.clone());
            let admit = move |io: TcpStream| {
                let connection = Connection::admit(io, &connections, stop.clone());
                let refused = || DispatchError::Io(io::ErrorKind::ConnectionRefused.into());
                ready(connection.ok_or_else(refused).map(|it| {
                    let peer = it.peer();
                    (it, Protocol::Http1, peer)
                }))
            };
            let app = app(&make_api()).into_factory().map_err(|error| error.error_response());
            let http = HttpService::build()
                .keep_alive(keep_alive)
                .client_disconnect_timeout(CLOSE_TIMEOUT)
                .on_connect_ext(|connection: &Connection, data| {
                    data.insert(connection.activity().clone());
                })
                .finish(map_config(app, |()| AppConfig::default()));
            fn_service(admit).and_then(http)
        })?;
    }
    Ok((server.run(), addresses))
}
