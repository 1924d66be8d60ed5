//! The servers in `lab/bench/peers` that the service is compared with. They are installed on first use, in pinned versions.

use std::{env, fs, path::Path, process::Command};

use anyhow::{Context, bail};

use crate::{process::Server, tokens};

const SOURCES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/peers");

/// As its documentation recommends: two workers, uvloop and httptools. It logs errors only.
pub(crate) fn fastapi(database_url: &str, log: &Path) -> anyhow::Result<Server> {
    let source = Path::new(SOURCES).join("fastapi");
    let environment = env::current_exe()?.with_file_name("../bench/fastapi");
    let requirements = source.join("requirements.txt");
    installed(&requirements, &environment, || {
        run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&environment))?;
        let mut pip = Command::new(environment.join("bin/pip"));
        run(pip.args(["install", "--quiet", "--only-binary", ":all:", "--requirement"]).arg(&requirements))
    })?;
    let mut command = Command::new(environment.join("bin/python"));
    command.current_dir(source).env("PYTHONDONTWRITEBYTECODE", "1").args(["-m", "uvicorn", "main:app"]);
    command.args(["--workers", "2", "--loop", "uvloop", "--http", "httptools"]);
    command.args(["--no-access-log", "--log-level", "error"]);
    start(command, database_url, log)
}

/// Two processes, otherwise as its documentation shows.
pub(crate) fn hono(database_url: &str, log: &Path) -> anyhow::Result<Server> {
    let source = Path::new(SOURCES).join("hono");
    installed(&source.join("package-lock.json"), &source.join("node_modules"), || {
        run(Command::new("npm").arg("ci").current_dir(&source))
    })?;
    let mut command = Command::new("node");
    command.current_dir(source).env("NODE_ENV", "production").arg("server.mjs");
    start(command, database_url, log)
}

fn start(mut command: Command, database_url: &str, log: &Path) -> anyhow::Result<Server> {
    command.env("DATABASE_URL", database_url).env("BETTER_AUTH_SECRET", tokens::SECRET);
    Server::start(command, "/health", log)
}

/// Runs `install` unless it has already run for this version of `list`.
fn installed(list: &Path, directory: &Path, install: impl Fn() -> anyhow::Result<()>) -> anyhow::Result<()> {
    let (wanted, done) = (fs::read(list).with_context(|| list.display().to_string())?, directory.join(".installed"));
    if fs::read(&done).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    eprintln!("installing {}", list.display());
    install()?;
    Ok(fs::write(done, wanted)?)
}

fn run(command: &mut Command) -> anyhow::Result<()> {
    let output = command.output().with_context(|| format!("{command:?}"))?;
    if !output.status.success() {
        bail!("{command:?} failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(())
}
