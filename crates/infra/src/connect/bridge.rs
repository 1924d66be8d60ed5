//! Connections of sqlx to servers that sqlx itself cannot reach as the URL demands.
//!
//! sqlx knows one server, and its TLS rejects certificates that libpq accepts. It has no hook for either. So it connects to a socket
//! of this process, which passes everything on to the server that the executor would use, with the same TLS.

use std::{io, path::PathBuf, sync::Arc, time::Duration};

use pg_executor::{
    Connector,
    rustls::{ClientConfig, pki_types::ServerName},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, copy_bidirectional},
    net::{TcpStream, UnixListener, UnixStream},
    task::JoinHandle,
    time::{sleep, timeout},
};
use tokio_rustls::TlsConnector;

use crate::{error::DatabaseError, url::Server};

/// The first message of a client that asks for TLS.
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];

/// How long it may take to find a server and connect to it.
const LIMIT: Duration = Duration::from_secs(10);

/// The pause after a failure to accept a connection.
const PAUSE: Duration = Duration::from_millis(100);

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// A way to the servers, which is open until this is dropped.
#[derive(Debug)]
pub(crate) struct Bridge {
    /// The directory of its socket, for sqlx.
    pub(super) directory: PathBuf,
    accepting: JoinHandle<()>,
}

/// Where the bridge leads.
pub(super) struct Destination {
    pub(super) connector: Connector,
    pub(super) servers: Vec<Server>,
    pub(super) tls: Option<Arc<ClientConfig>>,
    /// Whether any of the servers will do, so that the first one is taken.
    pub(super) is_only_choice: bool,
}

impl Bridge {
    /// Opens a socket. The current runtime serves it.
    pub(super) fn open(destination: Destination) -> io::Result<Self> {
        let directory = place()?;
        let listener = UnixListener::bind(directory.join(".s.PGSQL.5432"))?;
        let destination = Arc::new(destination);
        let accepting = tokio::spawn(async move {
            loop {
                match listener.accept().await {
                    // Nobody else may use it: with a client's certificate, the server may ask for no password.
                    Ok((client, _)) if is_of_this_process(&client) => {
                        tokio::spawn(pass_on(client, Arc::clone(&destination)));
                    }
                    Ok(_of_another_process) => {}
                    // Such as too many open files. Later connections still need the bridge.
                    Err(_) => sleep(PAUSE).await,
                }
            }
        });
        Ok(Self { directory, accepting })
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        self.accepting.abort();
        #[cfg(not(target_os = "linux"))]
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

/// A new directory for a socket. On Linux it exists only in the kernel, so that no file system need be writable.
#[cfg(target_os = "linux")]
#[expect(clippy::unnecessary_wraps, reason = "elsewhere it may fail")]
fn place() -> io::Result<PathBuf> {
    Ok(PathBuf::from(format!("\0{}", name())))
}

/// A new directory for a socket.
#[cfg(not(target_os = "linux"))]
fn place() -> io::Result<PathBuf> {
    use std::os::unix::fs::DirBuilderExt;

    let directory = std::env::temp_dir().join(name());
    std::fs::DirBuilder::new().mode(0o700).create(&directory)?;
    Ok(directory)
}

fn name() -> String {
    format!("tasks-api-{}-{:016x}", std::process::id(), random())
}

fn random() -> u64 {
    use std::hash::{BuildHasher, Hasher, RandomState};

    RandomState::new().build_hasher().finish()
}

fn is_of_this_process(client: &UnixStream) -> bool {
    client.peer_cred().is_ok_and(|peer| peer.pid() == i32::try_from(std::process::id()).ok())
}

async fn pass_on(mut client: UnixStream, destination: Arc<Destination>) {
    let server = timeout(LIMIT, connect(&destination)).await;
    let server = server.unwrap_or_else(|_elapsed| Err(format!("no answer within {} s", LIMIT.as_secs())));
    // The end of either is the end of both, and each side reports it itself.
    let _ended = match server {
        Ok(mut server) => copy_bidirectional(&mut client, &mut server).await.map(drop),
        Err(cause) => {
            // A client that found the socket closed before it had sent its first message would not read the answer.
            let _first_message = client.read(&mut [0; 1 << 10]).await;
            client.write_all(&refusal(&cause)).await
        }
    };
}

async fn connect(destination: &Destination) -> Result<Box<dyn Stream>, String> {
    let Destination { connector, servers, tls, is_only_choice } = destination;
    let number = if *is_only_choice {
        0
    } else {
        let found = connector.connect(LIMIT).await;
        found.map_err(|error| DatabaseError::Executor(error).to_string())?.1
    };
    let server = &servers[number];
    if let Some(directory) = server.socket() {
        let socket = UnixStream::connect(directory.join(format!(".s.PGSQL.{}", server.port))).await;
        return Ok(Box::new(socket.map_err(|error| error.to_string())?));
    }
    over_network(server, tls.clone()).await.map_err(|error| error.to_string())
}

async fn over_network(server: &Server, tls: Option<Arc<ClientConfig>>) -> io::Result<Box<dyn Stream>> {
    let mut stream = match server.address {
        Some(address) => TcpStream::connect((address, server.port)).await?,
        None => TcpStream::connect((server.host.as_str(), server.port)).await?,
    };
    stream.set_nodelay(true)?;
    let Some(tls) = tls else { return Ok(Box::new(stream)) };
    stream.write_all(&SSL_REQUEST).await?;
    if stream.read_u8().await? != b'S' {
        return Err(io::Error::other("server does not support TLS"));
    }
    let name = ServerName::try_from(server.host.clone()).map_err(io::Error::other)?;
    Ok(Box::new(TlsConnector::from(tls).connect(name, stream).await?))
}

/// The message with which Postgres refuses a connection.
fn refusal(cause: &str) -> Vec<u8> {
    let fields = format!("SFATAL\0VFATAL\0C08001\0M{}\0\0", cause.replace('\0', " "));
    let length = u32::try_from(fields.len() + 4).unwrap_or(u32::MAX);
    [&b"E"[..], &length.to_be_bytes(), fields.as_bytes()].concat()
}
