//! `tasks-api health`: a readiness check for containers without a tool such as curl.

use std::{
    io::{Read, Write},
    net::{TcpStream, ToSocketAddrs},
    time::Duration,
};

use anyhow::{Context, anyhow, bail};

use super::print::print;
use crate::config::{self, Environment};

/// How long the service may take to answer.
const TIMEOUT: Duration = Duration::from_secs(3);

/// Succeeds if the service with these settings on this machine is ready.
///
/// # Errors
///
/// If the service does not answer or is not ready.
pub(super) fn check(environment: &Environment) -> anyhow::Result<()> {
    let mut address = config::read_address(environment)?;
    // The address for all interfaces is for listening, not for connecting.
    if address.is_unspecified() {
        "localhost".clone_into(&mut address.host);
    }
    let status = status_line(&address.host, address.port).with_context(|| format!("no answer from {address}"))?;
    if !status.contains(" 200 ") {
        bail!("not ready: {status}");
    }
    print("ready")
}

fn status_line(host: &str, port: u16) -> anyhow::Result<String> {
    let mut failure = anyhow!("{host} has no address");
    for address in (host, port).to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, TIMEOUT) {
            Ok(mut connection) => {
                connection.set_read_timeout(Some(TIMEOUT))?;
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
