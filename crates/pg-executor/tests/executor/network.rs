//! A simulated network in front of the server: slow, distant or broken.

use std::{
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use pg_executor::tokio_postgres::{
    Config,
    config::{Host, SslMode},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, split},
    net::{TcpListener, TcpStream, UnixStream},
    sync::mpsc::unbounded_channel,
    time::{Instant, sleep, sleep_until},
};

pub(crate) trait Peer: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Peer for T {}

/// Connects to the server.
pub(crate) async fn server(config: &Config) -> Box<dyn Peer> {
    let port = config.get_ports().first().copied().unwrap_or(5432);
    match &config.get_hosts()[0] {
        Host::Tcp(host) => Box::new(TcpStream::connect((host.as_str(), port)).await.unwrap()),
        Host::Unix(path) => Box::new(UnixStream::connect(path.join(format!(".s.PGSQL.{port}"))).await.unwrap()),
    }
}

/// The same user and database, at another address.
pub(crate) fn elsewhere(config: &Config, host: &str, port: u16) -> Config {
    let mut elsewhere = Config::new();
    elsewhere.user(config.get_user().unwrap()).dbname(config.get_dbname().unwrap());
    elsewhere.password(config.get_password().unwrap_or_default());
    elsewhere.host(host).port(port).ssl_mode(SslMode::Disable);
    elsewhere
}

/// Changes what the server sends. `None` ends the connection instead.
pub(crate) type Tamper = Box<dyn Fn(Vec<u8>) -> Option<Vec<u8>> + Send + Sync>;

#[derive(Default)]
pub(crate) struct Network {
    /// The delay before a connection is accepted.
    pub(crate) distance: Duration,
    /// The round-trip time of a message and its answer.
    pub(crate) trip: Duration,
    /// When this becomes true, open connections are lost: nothing arrives any more, not even their end. Connections opened
    /// later work.
    pub(crate) is_broken: AtomicBool,
    pub(crate) tamper: Option<Tamper>,
}

impl Network {
    /// The configuration for connecting through this network.
    pub(crate) async fn in_front_of(self: Arc<Self>, config: &Config) -> Config {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let through_it = elsewhere(config, "127.0.0.1", port);
        let config = config.clone();
        tokio::spawn(async move {
            loop {
                let (client, _) = listener.accept().await.unwrap();
                let (network, config) = (Arc::clone(&self), config.clone());
                tokio::spawn(async move { network.connect(client, &config).await });
            }
        });
        through_it
    }

    async fn connect(&self, client: TcpStream, config: &Config) {
        let is_new = self.is_broken.load(Ordering::SeqCst);
        sleep(self.distance).await;
        let (from_client, to_client) = client.into_split();
        let (from_server, to_server) = split(server(config).await);
        tokio::join!(
            self.pass(from_client, to_server, is_new, None),
            self.pass(from_server, to_client, is_new, self.tamper.as_ref())
        );
    }

    /// Forwards what one side sends until the network breaks.
    async fn pass(
        &self,
        mut from: impl AsyncRead + Unpin,
        mut to: impl AsyncWrite + Unpin,
        is_new: bool,
        tamper: Option<&Tamper>,
    ) {
        let (sent, mut on_its_way) = unbounded_channel();
        let receive = async {
            let mut bytes = vec![0; 1 << 16];
            loop {
                let length = from.read(&mut bytes).await.unwrap_or(0);
                if length == 0 || sent.send((Instant::now() + self.trip / 2, bytes[..length].to_vec())).is_err() {
                    drop(sent);
                    return;
                }
            }
        };
        let deliver = async {
            while let Some((arrival, bytes)) = on_its_way.recv().await {
                sleep_until(arrival).await;
                self.breaks(is_new).await;
                let delivered = match tamper {
                    Some(tamper) => tamper(bytes),
                    None => Some(bytes),
                };
                let Some(bytes) = delivered else { break };
                if to.write_all(&bytes).await.is_err() {
                    return;
                }
            }
            self.breaks(is_new).await;
            let _ = to.shutdown().await;
        };
        tokio::join!(receive, deliver);
    }

    /// Never returns if the connection is lost.
    async fn breaks(&self, is_new: bool) {
        if !is_new && self.is_broken.load(Ordering::SeqCst) {
            pending::<()>().await;
        }
    }
}
