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

/// How long a start or a stop may take.
const PATIENCE: Duration = Duration::from_secs(40);

/// A running service. It is killed when this is dropped.
pub(crate) struct Service {
    process: Process,
    pub(crate) address: SocketAddr,
}

impl Service {
    /// Starts one and waits until it listens. It does so only after it has reached the database.
    pub(crate) async fn start(context: &Context, settings: &Settings) -> anyhow::Result<Self> {
        Self::spawn(context, settings)?.listening().await
    }

    /// Starts one, and leaves it to the caller to wait.
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

    /// Ends it without a warning, as a crash does.
    pub(crate) fn kill(mut self) -> anyhow::Result<()> {
        self.process.kill()
    }

    /// Asks it to stop.
    pub(crate) fn terminate(&self) -> anyhow::Result<()> {
        self.process.signal(Signal::TERM)
    }

    /// Waits until it has ended.
    pub(crate) async fn ended(&mut self) -> anyhow::Result<ExitStatus> {
        self.process.ended(PATIENCE).await.context("the service is told to stop")
    }
}

/// A service that does not listen yet.
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
                return Ok(Service { process: self.process, address });
            }
            if let Some(status) = self.process.status()? {
                bail!("the service does not start: {status}: {}", log.trim());
            }
            if begin.elapsed() > PATIENCE {
                bail!("the service does not listen: {}", log.trim());
            }
            sleep(TICK).await;
        }
    }
}

/// The address in a whole line that says where the service listens.
fn address(line: &str) -> Option<SocketAddr> {
    let line: serde_json::Value = serde_json::from_str(line).ok()?;
    line["address"].as_str().filter(|_| line["message"] == "listening")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_that_of_the_line_that_says_so() {
        let line = r#"{"level":"INFO","message":"listening","address":"127.0.0.1:41207","workers":2}"#;
        assert_eq!(address(line), Some(([127, 0, 0, 1], 41207).into()));
        assert_eq!(address(r#"{"message":"other","address":"127.0.0.1:41207"}"#), None);
        assert_eq!(address(&line[..60]), None);
    }
}
