//! A server that immediately sends fixed responses of the service's size. It shows the highest rate that the load generator can
//! measure.

use std::{
    env,
    io::{ErrorKind, Read, Write},
};

use mio::{
    Events, Interest, Poll, Token,
    net::{TcpListener, TcpStream},
};

const LISTENER: Token = Token(usize::MAX);

struct Connection {
    stream: TcpStream,
    /// A response that is being written, and the offset of the rest.
    response: Option<(&'static [u8], usize)>,
}

/// Serves until the process is stopped.
pub(crate) fn serve() -> anyhow::Result<()> {
    let port: u16 = env::var("PORT")?.parse()?;
    let mut listener = TcpListener::bind(([127, 0, 0, 1], port).into())?;
    let mut poll = Poll::new()?;
    poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
    let responses = Responses::new();
    let mut connections: Vec<Connection> = Vec::new();
    let mut events = Events::with_capacity(1024);
    loop {
        poll.poll(&mut events, None)?;
        for event in &events {
            if event.token() == LISTENER {
                while let Ok((mut stream, _)) = listener.accept() {
                    let (token, interest) = (Token(connections.len()), Interest::READABLE | Interest::WRITABLE);
                    poll.registry().register(&mut stream, token, interest)?;
                    stream.set_nodelay(true)?;
                    connections.push(Connection { stream, response: None });
                }
            } else if let Some(connection) = connections.get_mut(event.token().0) {
                // Ignore clients that disconnect.
                let _ = connection.proceed(&responses, event.is_readable());
            }
        }
    }
}

impl Connection {
    fn proceed(&mut self, responses: &Responses, readable: bool) -> std::io::Result<()> {
        if readable && self.response.is_none() {
            // A request is small and arrives in one piece.
            let mut request = [0; 4096];
            let length = self.stream.read(&mut request)?;
            if length > 0 {
                self.response = Some((responses.of(request.get(..length).unwrap_or_default()), 0));
            }
        }
        while let Some((response, at)) = self.response {
            match self.stream.write(response.get(at..).unwrap_or_default()) {
                Ok(written) => self.response = Some((response, at + written)).filter(|(all, at)| *at < all.len()),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

struct Responses {
    one: &'static [u8],
    created: &'static [u8],
    deleted: &'static [u8],
    list20: &'static [u8],
    list1000: &'static [u8],
}

impl Responses {
    /// A task takes some 270 bytes.
    fn new() -> Self {
        let response = |status: &str, length: usize| {
            let body = "x".repeat(length);
            let head =
                format!("HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n");
            &*(head + &body).leak()
        };
        Self {
            one: response("200 OK", 270).as_bytes(),
            created: response("201 Created", 270).as_bytes(),
            deleted: "HTTP/1.1 204 No Content\r\n\r\n".as_bytes(),
            list20: response("200 OK", 270 * 20).as_bytes(),
            list1000: response("200 OK", 270 * 1000).as_bytes(),
        }
    }

    fn of(&self, request: &[u8]) -> &'static [u8] {
        if request.starts_with(b"POST") {
            self.created
        } else if request.starts_with(b"DELETE") {
            self.deleted
        } else if request.starts_with(b"GET /api/tasks?limit=1000 ") {
            self.list1000
        } else if request.starts_with(b"GET /api/tasks?limit=20 ") {
            self.list20
        } else {
            self.one
        }
    }
}
