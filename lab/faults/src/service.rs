//! The service as a process: starting it, and ending it in several ways.

use std::{
    fs::{self, File},
    net::SocketAddr,
    path::PathBuf,
    process::ExitStatus,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};
use rustix::process::Signal;
use tokio::time::sleep;

use crate::{
    context::Context,
    process::{Process, TICK},
    settings::Settings,
};

/// The time limit of a start or a stop.
const TIMEOUT: Duration = Duration::from_secs(40);

/// A running service. It is killed when this is dropped.
pub(crate) struct Service {
    process: Process,
    pub(crate) address: SocketAddr,
    pub(crate) log: PathBuf,
}

impl Service {
    /// Starts the service and waits until it listens, which it does once it has reached the database.
    pub(crate) async fn start(context: &Context, settings: &Settings) -> anyhow::Result<Self> {
        Self::spawn(context, settings)?.listening().await
    }

    /// Starts the service without waiting.
    pub(crate) fn spawn(context: &Context, settings: &Settings) -> anyhow::Result<Starting> {
        let log = context.log("service");
        let output = File::create(&log)?;
        let mut command = context.command(settings, &[])?;
        let process = Process::spawn(command.stdout(output.try_clone()?).stderr(output))?;
        Ok(Starting { process, log })
    }

    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    /// Kills it with SIGKILL.
    pub(crate) fn kill(mut self) -> anyhow::Result<()> {
        self.process.kill()
    }

    /// Sends SIGTERM.
    pub(crate) fn terminate(&self) -> anyhow::Result<()> {
        self.process.signal(Signal::TERM)
    }

    /// Waits until it has exited.
    pub(crate) async fn ended(&mut self) -> anyhow::Result<ExitStatus> {
        self.process.ended(TIMEOUT).await.context("the service does not stop after SIGTERM")
    }
}

/// A service that was started and may not listen yet.
pub(crate) struct Starting {
    process: Process,
    log: PathBuf,
}

impl Starting {
    pub(crate) async fn listening(mut self) -> anyhow::Result<Service> {
        let begin = Instant::now();
        loop {
            let log = fs::read_to_string(&self.log).unwrap_or_default();
            if let Some(address) = log.lines().find_map(address) {
                return Ok(Service { process: self.process, address, log: self.log });
            }
            if let Some(status) = self.process.status()? {
                bail!("the service does not start: {status}: {}", log.trim());
            }
            if begin.elapsed() > TIMEOUT {
                bail!("the service does not listen: {}", log.trim());
            }
            sleep(TICK).await;
        }
    }
}

/// The address in a complete log line that says where the service listens.
fn address(line: &str) -> Option<SocketAddr> {
    let line: serde_json::Value = serde_json::from_str(line).ok()?;
    line["address"].as_str().filter(|_| line["message"] == "listening")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn address_is_read_from_the_listening_line() {
        let line = r#"{"level":"INFO","message":"listening","address":"127.0.0.1:41207","workers":2}"#;
        assert_eq!(address(line), Some(([127, 0, 0, 1], 41207).into()));
        assert_eq!(address(r#"{"message":"other","address":"127.0.0.1:41207"}"#), None);
        assert_eq!(address(&line[..60]), None);
    }
}
