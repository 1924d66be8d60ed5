//! The servers to measure, each with its settings.

use std::{
    env,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Context;

use crate::{process::Server, tokens};

/// The service as it is shipped, in production, and otherwise as it comes.
pub(crate) fn service(database_url: &str, key_set: SocketAddr, log: &Path) -> anyhow::Result<Server> {
    Server::start(measured(database_url, key_set)?, "/health/ready", log)
}

/// The same without a line in the log for every request: the peers have none either.
pub(crate) fn quiet(database_url: &str, key_set: SocketAddr, log: &Path) -> anyhow::Result<Server> {
    let mut command = measured(database_url, key_set)?;
    command.env("RUST_LOG", "error");
    Server::start(command, "/health/ready", log)
}

/// With the settings that all measurements of it share.
fn measured(database_url: &str, key_set: SocketAddr) -> anyhow::Result<Command> {
    let mut command = Command::new(binary()?);
    command.env_clear().envs(settings(database_url)).envs([
        ("BETTER_AUTH_URL", tokens::ORIGIN),
        ("JWKS_URL", &format!("http://{key_set}/")),
        ("SHUTDOWN_DELAY", "1ms"),
        // A machine that has all it can do lets requests wait, and here none may fail for that.
        ("DATABASE_ACQUIRE_TIMEOUT", "30s"),
        ("DATABASE_STATEMENT_TIMEOUT", "50s"),
        ("REQUEST_TIMEOUT", "60s"),
        // Two hundred users from one address are no attack here.
        ("RATE_LIMIT", "off"),
    ]);
    Ok(command)
}

/// Makes the tables, as the service does.
pub(crate) fn migrate(database_url: &str) -> anyhow::Result<()> {
    let output = Command::new(binary()?).arg("migrate").arg("up").env_clear().envs(settings(database_url)).output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    output.status.success().then_some(()).with_context(|| format!("tasks-api migrate up: {said}"))
}

fn settings(database_url: &str) -> [(&'static str, &str); 3] {
    [("ENVIRONMENT", "production"), ("BETTER_AUTH_SECRET", tokens::SECRET), ("DATABASE_URL", database_url)]
}

/// The service that was built beside this program.
pub(crate) fn binary() -> anyhow::Result<PathBuf> {
    let binary = env::current_exe()?.with_file_name("tasks-api");
    binary.is_file().then_some(binary).context("tasks-api is not built: run `just bench`")
}

/// This program, answering with fixed responses.
pub(crate) fn fixed(log: &Path) -> anyhow::Result<Server> {
    let mut command = Command::new(env::current_exe()?);
    command.arg("fixed");
    Server::start(command, "/", log)
}
