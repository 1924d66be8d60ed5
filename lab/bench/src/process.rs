//! Servers as processes.

use std::{
    fs::{self, File},
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use lab_common::free_port;
use rustix::process::{Pid, Signal, kill_process};

use crate::answer;

/// The time limit of a start, of a stop and of a response.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A running server. Dropping it stops it.
#[derive(Debug)]
pub(crate) struct Server {
    /// The address on which it listens.
    pub(crate) address: SocketAddr,
    /// The time from the start of the process to its first ready response.
    pub(crate) took_to_start: Duration,
    child: Child,
    log: File,
}

impl Server {
    /// Starts a server that listens on the port in `PORT`, and waits until `GET ready` returns 200. Its output goes to the file
    /// `log`.
    pub(crate) fn start(mut command: Command, ready: &str, log: &Path) -> anyhow::Result<Self> {
        let address = SocketAddr::from(([127, 0, 0, 1], free_port()?));
        let port = address.port().to_string();
        command.env("PORT", &port).env("UVICORN_PORT", port).stdin(Stdio::null());
        let log_file = File::options().create(true).append(true).open(log)?;
        command.stdout(log_file.try_clone()?);
        let begin = Instant::now();
        let child = command.stderr(log_file.try_clone()?).spawn().with_context(|| format!("{command:?}"))?;
        let mut server = Self { address, took_to_start: Duration::ZERO, child, log: log_file };
        while !answers(address, ready) {
            if begin.elapsed() > TIMEOUT || server.child.try_wait()?.is_some() {
                let log = fs::read_to_string(log).unwrap_or_default();
                let end = log.lines().next_back().unwrap_or_default();
                bail!("{command:?} does not serve: {end}");
            }
            thread::sleep(Duration::from_millis(1));
        }
        server.took_to_start = begin.elapsed();
        Ok(server)
    }

    /// Truncates the log, so that it stays small in a long run.
    pub(crate) fn empty_log(&self) -> anyhow::Result<()> {
        Ok(self.log.set_len(0)?)
    }

    /// Its process id.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Server {
    /// Stops it with SIGTERM, since SIGKILL would leave the workers of some servers behind.
    fn drop(&mut self) {
        let _gone = kill_process(Pid::from_child(&self.child), Signal::TERM);
        let begin = Instant::now();
        while begin.elapsed() < TIMEOUT {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            thread::sleep(Duration::from_millis(10));
        }
        eprintln!("process {} does not stop and is killed", self.child.id());
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn answers(address: SocketAddr, path: &str) -> bool {
    exchange(address, &format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")).is_ok_and(|(status, _)| status == 200)
}

/// Sends one request on a new connection. Returns the status and the body of the response.
pub(crate) fn exchange(address: SocketAddr, request: &str) -> anyhow::Result<(u16, Vec<u8>)> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.write_all(request.as_bytes())?;
    let mut response = Vec::new();
    loop {
        if let Some(answer) = answer::parse(&response).map_err(anyhow::Error::msg)? {
            return Ok((answer.status, response.drain(answer.body..answer.end).collect()));
        }
        let mut more = [0; 16 * 1024];
        match stream.read(&mut more)? {
            0 => bail!("the server closed the connection: {}", String::from_utf8_lossy(&response)),
            count => response.extend(more.iter().take(count)),
        }
    }
}
