//! The servers to measure, each with its settings.

use std::{
    env, fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Context;

use crate::{process::Server, tokens};

/// The binary of the service.
#[derive(Debug)]
pub(crate) struct Service(PathBuf);

impl Service {
    /// The given binary, or the one that `just release` builds.
    pub(crate) fn find(given: Option<PathBuf>) -> anyhow::Result<Self> {
        let binary = match given {
            Some(binary) => binary,
            None => env::current_exe()?.with_file_name("../guided/tasks-api"),
        };
        let remedy = || format!("{}: run `just release`, or name another one with --binary", binary.display());
        Ok(Self(binary.canonicalize().with_context(remedy)?))
    }

    /// Starts it in production with default settings.
    pub(crate) fn start(&self, database_url: &str, key_set: SocketAddr, log: &Path) -> anyhow::Result<Server> {
        Server::start(self.measured(database_url, key_set), "/health/ready", log)
    }

    /// Starts it with only errors logged, like the peers.
    pub(crate) fn start_quiet(&self, database_url: &str, key_set: SocketAddr, log: &Path) -> anyhow::Result<Server> {
        let mut command = self.measured(database_url, key_set);
        command.env("RUST_LOG", "error");
        Server::start(command, "/health/ready", log)
    }

    /// Starts it for HS256 tokens only, and discards its log.
    pub(crate) fn start_with_secret(&self, database_url: &str) -> anyhow::Result<Server> {
        let nowhere = SocketAddr::from(([127, 0, 0, 1], 1));
        Server::start(self.measured(database_url, nowhere), "/health/ready", Path::new("/dev/null"))
    }

    /// A command with the settings that all measurements share.
    fn measured(&self, database_url: &str, key_set: SocketAddr) -> Command {
        let mut command = Command::new(&self.0);
        command.env_clear().envs(settings(database_url)).envs([
            ("BETTER_AUTH_URL", tokens::ORIGIN),
            ("JWKS_URL", &format!("http://{key_set}/")),
            ("SHUTDOWN_DELAY", "1ms"),
            // Requests may wait on a busy machine, but must not fail because of that.
            ("DATABASE_ACQUIRE_TIMEOUT", "30s"),
            ("DATABASE_STATEMENT_TIMEOUT", "50s"),
            ("REQUEST_TIMEOUT", "60s"),
            // Two hundred users share one address.
            ("RATE_LIMIT", "off"),
        ]);
        command
    }

    /// Creates the tables with the service's migrations.
    pub(crate) fn migrate(&self, database_url: &str) -> anyhow::Result<()> {
        let mut command = Command::new(&self.0);
        let output = command.arg("migrate").arg("up").env_clear().envs(settings(database_url)).output()?;
        let said = String::from_utf8_lossy(&output.stderr);
        output.status.success().then_some(()).with_context(|| format!("tasks-api migrate up: {said}"))
    }

    /// Its size in bytes.
    pub(crate) fn bytes(&self) -> anyhow::Result<u64> {
        Ok(fs::metadata(&self.0)?.len())
    }
}

fn settings(database_url: &str) -> [(&'static str, &str); 3] {
    [("ENVIRONMENT", "production"), ("BETTER_AUTH_SECRET", tokens::SECRET), ("DATABASE_URL", database_url)]
}

/// Starts this program as a server of fixed responses.
pub(crate) fn fixed(log: &Path) -> anyhow::Result<Server> {
    let mut command = Command::new(env::current_exe()?);
    command.arg("fixed");
    Server::start(command, "/", log)
}
