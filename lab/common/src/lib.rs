//! Common code of the benchmark and the fault suite.

#![forbid(unsafe_code)]

mod random;

use std::{io, net::TcpListener};

pub use random::Random;
pub use test_servers::installation as postgres;

/// A TCP port on 127.0.0.1 that nothing listens on at the moment.
///
/// # Errors
///
/// If the system has no port left.
pub fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
