//! An HTTP/1.1 client that hides nothing: one connection, no retries, and a [`Failure`] for each way to fail.

use std::{
    io::{self, ErrorKind},
    net::{IpAddr, Ipv4Addr, SocketAddr},
    time::Duration,
};

use http_body_util::{BodyExt, Full};
use hyper::{
    HeaderMap, Request,
    body::Bytes,
    client::conn::http1::{self, SendRequest},
    header::{AUTHORIZATION, CONNECTION, CONTENT_TYPE, HOST, RETRY_AFTER},
};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use socket2::SockRef;
use tokio::{
    net::{TcpSocket, TcpStream},
    task::JoinSet,
    time::timeout,
};

use crate::promises::{DEADLINE, Failure};

/// The client's own timeout. It is longer than the service's deadline, to distinguish a late response from none.
const TIMEOUT: Duration = DEADLINE.saturating_add(Duration::from_secs(5));

/// A client of one user. It keeps its connection as long as the service does.
pub(crate) struct Client {
    pub(crate) address: SocketAddr,
    /// The address that it connects from.
    from: IpAddr,
    token: String,
    connection: Option<Connection>,
}

struct Connection {
    sender: SendRequest<Full<Bytes>>,
    /// The task that reads and writes the socket. Dropping the set aborts it, which closes the socket.
    _driver: JoinSet<()>,
}

/// A response with any status.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    headers: HeaderMap,
    body: Bytes,
}

impl Client {
    pub(crate) fn new(address: SocketAddr, token: &str) -> Self {
        Self { address, from: Ipv4Addr::LOCALHOST.into(), token: token.to_owned(), connection: None }
    }

    /// The same from another address of this machine: limits count by address.
    pub(crate) fn bound_to(self, from: IpAddr) -> Self {
        Self { from, ..self }
    }

    /// Presents this token from now on, over the same connection.
    pub(crate) fn present(&mut self, token: &str) {
        token.clone_into(&mut self.token);
    }

    /// A client of the same user with its own connection.
    pub(crate) fn another(&self) -> Self {
        Self::new(self.address, &self.token).bound_to(self.from)
    }

    pub(crate) async fn get(&mut self, path: &str) -> Result<Response, Failure> {
        self.send("GET", path, &[], None).await
    }

    /// Sends a request and waits for the response. The next request uses the same connection if the service keeps it open.
    pub(crate) async fn send(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Response, Failure> {
        // Status 0 stands for what is not HTTP, such as a header that may not be sent.
        let request = self.request(method, path, headers, body).map_err(|_invalid| Failure::Status(0))?;
        // Put back only after a whole response. If this future is dropped, the connection is closed.
        let connection = self.connection.take();
        let exchange = async {
            let mut connection = match connection {
                Some(connection) => connection,
                None => Connection::open(self.from, self.address).await?,
            };
            let response = connection.sender.send_request(request).await.map_err(|error| failure(&error))?;
            let (head, body) = response.into_parts();
            let body = body.collect().await.map_err(|error| failure(&error))?.to_bytes();
            Ok((connection, Response { status: head.status.as_u16(), headers: head.headers, body }))
        };
        let (connection, response) = timeout(TIMEOUT, exchange).await.map_err(|_elapsed| Failure::Unanswered)??;
        self.connection = (!response.closes()).then_some(connection);
        Ok(response)
    }

    /// Whether the last response left the connection open.
    pub(crate) fn is_connected(&self) -> bool {
        self.connection.is_some()
    }

    fn request(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> hyper::http::Result<Request<Full<Bytes>>> {
        let mut request = Request::builder().method(method).uri(path);
        request = request.header(HOST, self.address.to_string());
        request = request.header(AUTHORIZATION, format!("Bearer {}", self.token));
        if body.is_some() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = body.map(Value::to_string).unwrap_or_default();
        request.body(Full::from(body))
    }
}

impl Connection {
    async fn open(from: IpAddr, to: SocketAddr) -> Result<Self, Failure> {
        let stream = connect(from, to, None).await.map_err(|error| match error.kind() {
            ErrorKind::ConnectionRefused => Failure::Refused,
            // The connection was accepted and reset at once.
            _ => Failure::CutOff,
        })?;
        stream.set_nodelay(true).ok();
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(|error| failure(&error))?;
        let mut driver = JoinSet::new();
        // The sender reports the same error.
        driver.spawn(async { connection.await.unwrap_or_default() });
        Ok(Self { sender, _driver: driver })
    }
}

/// The size of a segment on most networks, in bytes. On the loopback interface it is 64 kB, and so the system takes megabytes
/// for a connection that nobody reads.
const SEGMENT: u32 = 1460;

/// Connects from this address of this machine. `window` is the size of the receive buffer, in bytes, of a client that does not
/// read.
pub(crate) async fn connect(from: IpAddr, to: SocketAddr, window: Option<u32>) -> io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    if let Some(window) = window {
        socket.set_recv_buffer_size(window)?;
        SockRef::from(&socket).set_tcp_mss(SEGMENT)?;
    }
    // Without it, a port that another connection was closed on would be taken for a minute.
    socket.set_reuseaddr(true)?;
    socket.bind((from, 0).into())?;
    socket.connect(to).await
}

fn failure(error: &hyper::Error) -> Failure {
    if error.is_parse() { Failure::Status(0) } else { Failure::CutOff }
}

impl Response {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body as JSON, or `null` if it is something else.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The size of the body in bytes.
    pub(crate) fn size(&self) -> u64 {
        self.body.len() as u64
    }

    /// This response if it has the expected status.
    pub(crate) fn with_status(self, expected: u16) -> Result<Self, Failure> {
        match self.status {
            status if status == expected => Ok(self),
            503 if self.headers.contains_key(RETRY_AFTER) => Err(Failure::Unavailable),
            status => Err(Failure::Status(status)),
        }
    }

    fn closes(&self) -> bool {
        self.headers.get(CONNECTION).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"close"))
    }
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    use super::*;

    /// The outcome of a request whose response is `bytes` and then the end of the connection.
    async fn outcome(bytes: &'static [u8]) -> Result<Response, Failure> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut client = Client::new(listener.local_addr().unwrap(), "token");
        let server = async {
            let mut connection = listener.accept().await.unwrap().0;
            connection.read_buf(&mut Vec::new()).await.unwrap();
            connection.write_all(bytes).await.unwrap();
        };
        tokio::join!(client.get("/"), server).0
    }

    #[tokio::test]
    async fn response_is_read_whole() {
        let response = outcome(b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n{\"a\": 1}").await.unwrap();
        assert_eq!((response.status, response.json()["a"].as_u64()), (200, Some(1)));
    }

    #[tokio::test]
    async fn incomplete_response_is_cut_off() {
        for bytes in [b"".as_slice(), b"HTTP/1.1 200 OK\r\nCont", b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n{\"a"] {
            assert_eq!(outcome(bytes).await.unwrap_err(), Failure::CutOff);
        }
    }

    #[tokio::test]
    async fn response_that_is_not_http_is_distinguished_from_a_cut() {
        assert_eq!(outcome(b"SSH-2.0-OpenSSH_10.0\r\n\r\n").await.unwrap_err(), Failure::Status(0));
    }

    #[tokio::test]
    async fn only_503_with_retry_after_is_unavailable() {
        let with = outcome(b"HTTP/1.1 503 \r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n").await.unwrap();
        assert_eq!(with.with_status(200).unwrap_err(), Failure::Unavailable);
        let without = outcome(b"HTTP/1.1 503 \r\nContent-Length: 0\r\n\r\n").await.unwrap();
        assert_eq!(without.with_status(200).unwrap_err(), Failure::Status(503));
    }

    #[tokio::test]
    async fn closed_port_is_refused() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        assert_eq!(Client::new(address, "token").get("/").await.unwrap_err(), Failure::Refused);
    }

    #[tokio::test]
    async fn connection_closed_while_idle_is_not_replaced() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut client = Client::new(listener.local_addr().unwrap(), "token");
        let server = async {
            let mut connection = listener.accept().await.unwrap().0;
            connection.read_buf(&mut Vec::new()).await.unwrap();
            connection.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.unwrap();
        };
        assert_eq!(tokio::join!(client.get("/"), server).0.unwrap().status, 204);

        assert_eq!(client.get("/").await.unwrap_err(), Failure::CutOff);
    }

    #[tokio::test]
    async fn dropped_request_closes_the_connection() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut client = Client::new(listener.local_addr().unwrap(), "token");
        let given_up = timeout(Duration::from_millis(50), client.get("/")).await;
        assert!(given_up.is_err());

        let mut connection = listener.accept().await.unwrap().0;
        let mut request = Vec::new();
        let end = timeout(Duration::from_secs(5), connection.read_to_end(&mut request)).await;
        assert!(end.is_ok(), "the socket is still open");
    }
}
