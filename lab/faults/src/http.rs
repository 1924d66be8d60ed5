//! A small HTTP/1.1 client that hides nothing: no retries, no pool, and each way to fail told apart.

use std::{io::ErrorKind, net::SocketAddr, time::Duration};

use anyhow::anyhow;
use serde_json::Value;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::promises::{DEADLINE, Failure};

/// When a client gives up: so long after the deadline that it tells a hang from a late answer.
const PATIENCE: Duration = DEADLINE.saturating_add(Duration::from_secs(5));

/// A client of one user, with one connection, which it keeps as long as the service does.
pub(crate) struct Client {
    pub(crate) address: SocketAddr,
    token: String,
    connection: Option<TcpStream>,
}

/// An answer, whatever its status.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    /// Names in lower case.
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Client {
    pub(crate) fn new(address: SocketAddr, token: &str) -> Self {
        Self { address, token: token.to_owned(), connection: None }
    }

    /// One like it, with a connection of its own.
    pub(crate) fn another(&self) -> Self {
        Self::new(self.address, &self.token)
    }

    pub(crate) async fn get(&mut self, path: &str) -> Result<Response, Failure> {
        self.send("GET", path, &[], None).await
    }

    /// Sends a request and waits for the answer. The next one uses the same connection, if the service lets it.
    pub(crate) async fn send(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Response, Failure> {
        let request = self.write(method, path, headers, body);
        // Put back only after a whole answer.
        let connection = self.connection.take();
        let exchange = async {
            let mut connection = match connection {
                Some(connection) => connection,
                None => TcpStream::connect(self.address).await.map_err(|error| match error.kind() {
                    ErrorKind::ConnectionRefused => Failure::Refused,
                    // Someone was there, and cut it at once.
                    _ => Failure::CutOff,
                })?,
            };
            connection.set_nodelay(true).ok();
            connection.write_all(request.as_bytes()).await.map_err(|_ended| Failure::CutOff)?;
            let response = read(&mut connection).await?;
            Ok((connection, response))
        };
        let (connection, response) = timeout(PATIENCE, exchange).await.map_err(|_elapsed| Failure::Unanswered)??;
        self.connection = (!response.closes()).then_some(connection);
        Ok(response)
    }

    /// Whether the last answer left the connection open.
    pub(crate) fn is_connected(&self) -> bool {
        self.connection.is_some()
    }

    fn write(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Option<&Value>) -> String {
        use std::fmt::Write;

        let mut request =
            format!("{method} {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\n", self.address, self.token);
        for (name, value) in headers {
            write!(request, "{name}: {value}\r\n").ok();
        }
        let body = body.map(Value::to_string).unwrap_or_default();
        if !body.is_empty() {
            write!(request, "Content-Type: application/json\r\nContent-Length: {}\r\n", body.len()).ok();
        }
        request + "\r\n" + &body
    }
}

impl Response {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The body as JSON; `null` if it is none.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The answer, if it has the status that belongs there.
    pub(crate) fn with_status(self, expected: u16) -> Result<Self, Failure> {
        match self.status {
            status if status == expected => Ok(self),
            503 if self.header("retry-after").is_some() => Err(Failure::Unavailable),
            status => Err(Failure::Status(status)),
        }
    }

    fn closes(&self) -> bool {
        self.header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"))
    }
}

/// Reads one answer, and no more.
pub(crate) async fn read(connection: &mut (impl AsyncRead + Unpin)) -> Result<Response, Failure> {
    let mut bytes = Vec::with_capacity(1024);
    loop {
        if let Some((response, body_at, length)) = head(&bytes).map_err(|_odd| Failure::Status(0))? {
            while bytes.len() < body_at + length {
                more(connection, &mut bytes).await?;
            }
            return Ok(Response { body: bytes.split_off(body_at), ..response });
        }
        more(connection, &mut bytes).await?;
    }
}

async fn more(connection: &mut (impl AsyncRead + Unpin), bytes: &mut Vec<u8>) -> Result<(), Failure> {
    loop {
        match connection.read_buf(bytes).await {
            Ok(1..) => return Ok(()),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Ok(0) | Err(_) => return Err(Failure::CutOff),
        }
    }
}

/// The head of an answer, where its body begins and how long that is, once the head is whole.
fn head(bytes: &[u8]) -> anyhow::Result<Option<(Response, usize, usize)>> {
    let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else { return Ok(None) };
    let text = std::str::from_utf8(&bytes[..end])?;
    let mut lines = text.split("\r\n");
    let status = lines.next().and_then(|line| line.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok());
    let status = status.ok_or_else(|| anyhow!("no status"))?;
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()))
        .collect();
    let response = Response { status, headers, body: Vec::new() };
    let length = match response.header("content-length") {
        Some(length) => length.parse()?,
        None if matches!(status, 204 | 304) => 0,
        None => return Err(anyhow!("an answer without a length")),
    };
    Ok(Some((response, end + 4, length)))
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    /// What a client makes of this answer, after which the connection ends.
    async fn answered(bytes: &'static [u8]) -> Result<Response, Failure> {
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
    async fn an_answer_is_read_whole() {
        let response = answered(b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n{\"a\": 1}").await.unwrap();
        assert_eq!((response.status, response.json()["a"].as_u64()), (200, Some(1)));
    }

    #[tokio::test]
    async fn an_answer_that_is_cut_off_is_none() {
        for bytes in [b"".as_slice(), b"HTTP/1.1 200 OK\r\nCont", b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n{\"a"] {
            assert_eq!(answered(bytes).await.unwrap_err(), Failure::CutOff);
        }
    }

    #[tokio::test]
    async fn a_refusal_counts_as_that_only_if_it_says_when_to_come_back() {
        let polite = answered(b"HTTP/1.1 503 \r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n").await.unwrap();
        assert_eq!(polite.with_status(200).unwrap_err(), Failure::Unavailable);
        let blunt = answered(b"HTTP/1.1 503 \r\nContent-Length: 0\r\n\r\n").await.unwrap();
        assert_eq!(blunt.with_status(200).unwrap_err(), Failure::Status(503));
    }

    #[tokio::test]
    async fn nobody_there_is_told_apart() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        assert_eq!(Client::new(address, "token").get("/").await.unwrap_err(), Failure::Refused);
    }
}
