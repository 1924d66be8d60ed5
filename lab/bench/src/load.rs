//! The load generator: connections that each send a request, wait for the response, check its status and send the next request.
//! One thread serves all of them. docs/adr/0021-lab.md explains why it is not a tool such as oha.

use std::{
    io::{ErrorKind, Read, Write},
    net::SocketAddr,
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use mio::{Events, Interest, Poll, Token, net::TcpStream};

use crate::{answer, requests::Requests};

/// How long to wait for the requests in flight at the end.
const TIMEOUT: Duration = Duration::from_secs(15);

/// The period in which responses count.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Window {
    /// Its start.
    pub(crate) begin: Instant,
    /// Its end. No request is sent after it.
    pub(crate) end: Instant,
}

/// The results of a run.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// The latencies of the responses within the window, in microseconds, in ascending order.
    pub(crate) latencies: Vec<u32>,
    /// The number of responses with an unexpected status, within the window or not.
    pub(crate) errors: u64,
    /// Describes the first of them.
    pub(crate) first_error: Option<String>,
}

/// Connections to a server.
pub(crate) struct Load {
    poll: Poll,
    connections: Vec<Connection>,
}

struct Connection {
    stream: TcpStream,
    request: String,
    expected: u16,
    /// When the request was sent. `None` if none is in flight.
    sent: Option<Instant>,
    response: Vec<u8>,
    arrived: usize,
}

impl Load {
    /// Opens the connections.
    pub(crate) fn connect(address: SocketAddr, count: usize) -> anyhow::Result<Self> {
        let poll = Poll::new()?;
        let mut connections = Vec::with_capacity(count);
        for number in 0..count {
            let stream = std::net::TcpStream::connect_timeout(&address, TIMEOUT)
                .with_context(|| format!("connection {number} to {address}"))?;
            stream.set_nodelay(true)?;
            stream.set_nonblocking(true)?;
            let mut stream = TcpStream::from_std(stream);
            poll.registry().register(&mut stream, Token(number), Interest::READABLE)?;
            connections.push(Connection::new(stream));
        }
        Ok(Self { poll, connections })
    }

    /// Keeps all connections busy until the window ends, and then waits for the remaining responses.
    ///
    /// # Errors
    ///
    /// If a connection breaks, or a response does not arrive in time.
    pub(crate) fn run(&mut self, requests: &mut dyn Requests, window: Window) -> anyhow::Result<Outcome> {
        let mut outcome = Outcome::default();
        for connection in &mut self.connections {
            connection.send(requests)?;
        }
        let mut waiting = self.connections.len();
        let mut events = Events::with_capacity(1024);
        while waiting > 0 {
            match self.poll.poll(&mut events, Some(TIMEOUT)) {
                Err(error) if error.kind() != ErrorKind::Interrupted => return Err(error.into()),
                _ if Instant::now() > window.end + TIMEOUT => bail!("{waiting} responses did not arrive"),
                _ => {}
            }
            for event in &events {
                let Some(connection) = self.connections.get_mut(event.token().0) else { continue };
                let Some(sent) = connection.sent else { continue };
                let Some(status) = connection.receive()? else { continue };
                let now = Instant::now();
                if status != connection.expected {
                    outcome.errors += 1;
                    outcome.first_error.get_or_insert_with(|| connection.description(status));
                }
                if now >= window.end {
                    connection.sent = None;
                    waiting -= 1;
                    continue;
                }
                if now >= window.begin {
                    let took = now.duration_since(sent).as_micros();
                    outcome.latencies.push(u32::try_from(took).unwrap_or(u32::MAX));
                }
                connection.send(requests)?;
            }
        }
        outcome.latencies.sort_unstable();
        Ok(outcome)
    }
}

impl Connection {
    fn new(stream: TcpStream) -> Self {
        Self { stream, request: String::new(), expected: 0, sent: None, response: vec![0; 16 * 1024], arrived: 0 }
    }

    fn send(&mut self, requests: &mut dyn Requests) -> anyhow::Result<()> {
        self.request.clear();
        self.expected = requests.next(&mut self.request);
        self.arrived = 0;
        self.sent = Some(Instant::now());
        // A request is small, and the socket's buffer is empty.
        let written = self.stream.write(self.request.as_bytes())?;
        if written < self.request.len() {
            bail!("the server does not read a request");
        }
        Ok(())
    }

    /// The status of the response once it is complete.
    fn receive(&mut self) -> anyhow::Result<Option<u16>> {
        loop {
            if self.arrived == self.response.len() {
                self.response.resize(2 * self.arrived, 0);
            }
            let space = self.response.get_mut(self.arrived..).unwrap_or_default();
            match self.stream.read(space) {
                Ok(0) => bail!("the server closed a connection before the response"),
                Ok(count) => self.arrived += count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
                Err(error) => return Err(error.into()),
            }
            let arrived = self.response.get(..self.arrived).unwrap_or_default();
            match answer::parse(arrived) {
                Ok(Some(answer)) if answer.end < self.arrived => bail!("more bytes than the response"),
                Ok(Some(answer)) => return Ok(Some(answer.status)),
                // The socket is drained. The poll reports the next bytes.
                Ok(None) if self.arrived < self.response.len() => return Ok(None),
                Ok(None) => {}
                Err(what) => bail!("not a response: {what}: {}", String::from_utf8_lossy(arrived)),
            }
        }
    }

    fn description(&self, status: u16) -> String {
        let request = self.request.lines().next().unwrap_or_default();
        let response = String::from_utf8_lossy(self.response.get(..self.arrived).unwrap_or_default());
        let body = response.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        format!("{status} instead of {} to {request}: {body}", self.expected)
    }
}
