//! A plain connection to the server of a test's database, for a proxy in front of it.

use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, UnixStream},
};
use url::Url;

pub(crate) trait Peer: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Peer for T {}

/// Connects to the server of this database.
pub(crate) async fn server(url: &Url) -> Box<dyn Peer> {
    let port = url.port().unwrap_or(5432);
    match url.query_pairs().find(|(name, _)| name == "host") {
        Some((_, directory)) => Box::new(UnixStream::connect(format!("{directory}/.s.PGSQL.{port}")).await.unwrap()),
        None => Box::new(TcpStream::connect((url.host_str().unwrap(), port)).await.unwrap()),
    }
}
