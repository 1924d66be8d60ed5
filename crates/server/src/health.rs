//! Asking a running service whether it is ready, for containers that have no other program to ask with.

use std::{
    io::{Read, Write},
    net::{TcpStream, ToSocketAddrs},
    time::Duration,
};

use anyhow::{Context, bail};

use crate::{
    output::print,
    settings::{self, Environment},
};

/// How long the service may take to answer.
const PATIENCE: Duration = Duration::from_secs(3);

/// Succeeds if the service that runs with these settings on this machine is ready.
///
/// # Errors
///
/// If it does not answer, or answers that it is not.
pub(crate) fn check(environment: &Environment) -> anyhow::Result<()> {
    let host: String = environment.value(&settings::HOST)?;
    let port: u16 = environment.value(&settings::PORT)?;
    // An address to listen on all interfaces is none to call.
    let host = if matches!(host.as_str(), "0.0.0.0" | "::") { "localhost" } else { &host };
    let status = status_line(host, port).with_context(|| format!("no answer from {host}:{port}"))?;
    if !status.contains(" 200 ") {
        bail!("not ready: {status}");
    }
    print("ready")
}

fn status_line(host: &str, port: u16) -> anyhow::Result<String> {
    let mut failure = anyhow::anyhow!("{host} has no address");
    for address in (host, port).to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, PATIENCE) {
            Ok(mut connection) => {
                connection.set_read_timeout(Some(PATIENCE))?;
                connection.write_all(b"GET /health/ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
                let mut head = [0; 64];
                let length = connection.read(&mut head)?;
                let head = String::from_utf8_lossy(&head[..length]).into_owned();
                return Ok(head.lines().next().unwrap_or_default().to_owned());
            }
            Err(error) => failure = error.into(),
        }
    }
    Err(failure)
}
