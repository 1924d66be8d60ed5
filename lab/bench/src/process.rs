//! Servers as processes of their own.

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

/// How long a server may take to start.
const PATIENCE: Duration = Duration::from_secs(30);

/// A server that runs.
#[derive(Debug)]
pub(crate) struct Server {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// From the start of the process to the first response that says it is ready.
    pub(crate) took_to_start: Duration,
    child: Child,
    log: File,
}

impl Server {
    /// Starts a server that listens on the port in `PORT` and waits until a request for this path is answered with 200.
    /// Standard error goes to a file.
    pub(crate) fn start(mut command: Command, ready: &str, log: &Path) -> anyhow::Result<Self> {
        let address = SocketAddr::from(([127, 0, 0, 1], free_port()?));
        let port = address.port().to_string();
        command.env("PORT", &port).env("UVICORN_PORT", port).stdin(Stdio::null()).stdout(Stdio::null());
        let log_file = File::options().create(true).append(true).open(log)?;
        let begin = Instant::now();
        let child = command.stderr(log_file.try_clone()?).spawn().with_context(|| format!("{command:?}"))?;
        let mut server = Self { address, took_to_start: Duration::ZERO, child, log: log_file };
        while !answers(address, ready) {
            if begin.elapsed() > PATIENCE || server.child.try_wait()?.is_some() {
                let log = fs::read_to_string(log).unwrap_or_default();
                let end = log.lines().next_back().unwrap_or_default();
                bail!("{command:?} does not serve: {end}");
            }
            thread::sleep(Duration::from_millis(1));
        }
        server.took_to_start = begin.elapsed();
        Ok(server)
    }

    /// Forgets what was logged so far, so that the log of a long run needs no space.
    pub(crate) fn empty_log(&self) -> anyhow::Result<()> {
        Ok(self.log.set_len(0)?)
    }

    /// Its process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Server {
    /// In order: those that consist of several processes would leave some behind otherwise.
    fn drop(&mut self) {
        let _gone = kill_process(Pid::from_child(&self.child), Signal::TERM);
        let begin = Instant::now();
        while begin.elapsed() < PATIENCE {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            thread::sleep(Duration::from_millis(10));
        }
        eprintln!("process {} does not stop, and is killed", self.child.id());
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn answers(address: SocketAddr, path: &str) -> bool {
    exchange(address, &format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")).is_ok_and(|(status, _)| status == 200)
}

/// One request on a connection of its own: the status of the response, and its body.
pub(crate) fn exchange(address: SocketAddr, request: &str) -> anyhow::Result<(u16, Vec<u8>)> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
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
