//! Requests as no HTTP client sends them: slow, malformed or unread. These checks read the socket themselves.

use std::{io, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::sleep,
};

/// The status at the start of a response.
pub(crate) fn status(response: &[u8]) -> Option<u16> {
    std::str::from_utf8(response.get(..12)?).ok()?.strip_prefix("HTTP/1.1 ")?.parse().ok()
}

/// Sends `beginning` and then a byte at this interval. Returns the status of the response. `None` if the connection ends first.
pub(crate) async fn trickle(mut connection: TcpStream, beginning: &str, interval: Duration) -> Option<u16> {
    connection.write_all(beginning.as_bytes()).await.ok()?;
    let (mut from, mut to) = connection.split();
    let mut start = [0; 12];
    tokio::select! {
        read = from.read_exact(&mut start) => status(&start).filter(|_| read.is_ok()),
        () = async { while to.write_all(b"x").await.is_ok() { sleep(interval).await } } => None,
    }
}

/// Reads the rest of a connection, and returns whether it was one whole response.
pub(crate) async fn is_whole(connection: &mut TcpStream) -> bool {
    let mut answer = Answer::default();
    let mut part = vec![0; 1 << 14];
    loop {
        match connection.read(&mut part).await {
            Ok(0) | Err(_) => return answer.is_whole(),
            Ok(read) => answer.read(&part[..read]),
        }
        if answer.is_whole() {
            return true;
        }
    }
}

/// As much of a response as tells whether it is whole.
#[derive(Default)]
struct Answer {
    head: Vec<u8>,
    body: u64,
    end: Vec<u8>,
}

impl Answer {
    fn read(&mut self, part: &[u8]) {
        let mut part = part;
        if end_of_head(&self.head).is_none() {
            self.head.extend_from_slice(part);
            let Some(end) = end_of_head(&self.head) else { return };
            let body = self.head.split_off(end);
            self.body = body.len() as u64;
            self.end = body;
            part = &[];
        }
        self.body += part.len() as u64;
        self.end.extend_from_slice(part);
        let excess = self.end.len().saturating_sub(LAST_CHUNK.len());
        self.end.drain(..excess);
    }

    fn is_whole(&self) -> bool {
        let head = String::from_utf8_lossy(&self.head).to_ascii_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<u64>().ok());
        match length {
            Some(length) => end_of_head(&self.head).is_some() && self.body >= length,
            None => self.end == LAST_CHUNK,
        }
    }
}

const LAST_CHUNK: &[u8] = b"\r\n0\r\n\r\n";

fn end_of_head(bytes: &[u8]) -> Option<usize> {
    bytes.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4)
}

/// Reads until the end of the connection, and calls `seen` with the status of each response. Whole responses are not parsed:
/// a status is what follows the version of HTTP, which no body here contains.
pub(crate) async fn statuses(from: &mut (impl AsyncReadExt + Unpin), mut seen: impl FnMut(u16)) -> io::Result<()> {
    let mut unread = Vec::with_capacity(1 << 16);
    while from.read_buf(&mut unread).await? > 0 {
        let mut done = 0;
        while let Some(at) = unread[done..].windows(VERSION.len()).position(|window| window == VERSION) {
            let Some(start) = unread.get(done + at..done + at + VERSION.len() + 3) else { break };
            seen(status(start).unwrap_or_default());
            done += at + VERSION.len() + 3;
        }
        // The beginning of a status may be at the end.
        done = done.max(unread.len().saturating_sub(VERSION.len() + 2));
        unread.drain(..done);
    }
    Ok(())
}

const VERSION: &[u8] = b"HTTP/1.1 ";

#[cfg(test)]
mod tests {
    use super::*;

    fn is_whole(parts: &[&str]) -> bool {
        let mut answer = Answer::default();
        for part in parts {
            answer.read(part.as_bytes());
        }
        answer.is_whole()
    }

    #[test]
    fn answer_is_whole_once_its_body_is() {
        assert!(is_whole(&["HTTP/1.1 200 OK\r\nContent-", "Length: 3\r\n\r\na", "bc"]));
        assert!(is_whole(&["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n", "0\r\n", "\r\n"]));
    }

    #[test]
    fn answer_that_is_cut_is_not_whole() {
        for parts in [
            [""; 2],
            ["HTTP/1.1 200 OK\r\nContent-Length: 0\r\n", ""],
            ["HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\na", "b"],
            ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n", "0\r\n"],
        ] {
            assert!(!is_whole(&parts), "{parts:?}");
        }
    }

    #[tokio::test]
    async fn every_status_is_counted_wherever_it_is_split() {
        let answers = b"HTTP/1.1 401 Unauthorized\r\n\r\n{}HTTP/1.1 429 Too Many\r\n\r\n{}";
        for at in 0..answers.len() {
            let (first, second) = answers.split_at(at);
            let mut seen = Vec::new();
            statuses(&mut first.chain(second), |status| seen.push(status)).await.unwrap();
            assert_eq!(seen, [401, 429], "split at {at}");
        }
    }
}
