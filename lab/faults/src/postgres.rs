//! A Postgres server for fault injection. Unlike the servers of the tests it syncs to disk, since acknowledged writes must
//! survive a crash.

use std::{
    ffi::OsStr,
    fs::{self, File},
    net::SocketAddr,
    os::unix::{fs::symlink, process::CommandExt},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};
use lab_common::{free_port, postgres as installed};
use rustix::process::{Signal, kill_process};
use sqlx::{AssertSqlSafe, Connection, PgConnection, postgres::PgConnectOptions};
use tokio::time::{sleep, timeout};

use crate::{
    context::{Context, PASSWORD},
    process::{Process, TICK, children, is_there, memory, pid, succeed},
    report::Skipped,
    small_disk::SmallDisk,
};

/// The time limit of a start or a stop.
const TIMEOUT: Duration = Duration::from_secs(30);

/// The role of the service. It owns its database and has no other privileges.
const ROLE: &str = "tasks_app";
const DATABASE: &str = "tasks";

/// How to stop the server.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Stop {
    /// Disconnects all clients, then writes a checkpoint.
    Fast,
    /// Exits without a checkpoint. The next start recovers.
    Immediate,
}

/// A running server. Dropping it stops it.
pub(crate) struct Postgres {
    /// The path of `postgres`.
    program: PathBuf,
    /// The user and group that it runs as. `None` if this process is not root.
    user: Option<(u32, u32)>,
    /// The directory of its data and its socket.
    directory: PathBuf,
    log: PathBuf,
    port: u16,
    /// Arguments of the command line.
    parameters: Vec<String>,
    process: Option<Process>,
}

impl Postgres {
    /// Starts a server with one empty database, which the service's role owns.
    pub(crate) async fn start(context: &Context) -> anyhow::Result<Self> {
        let template = context.template.get_or_try_init(|| make_template(context)).await?;
        let mut server = Self::copy(context, template, context.directory("postgres")?)?;
        server.run().await?;
        Ok(server)
    }

    /// The same with its data on this disk. The WAL is elsewhere, since a server that cannot write it exits.
    pub(crate) async fn start_on(context: &Context, disk: &SmallDisk) -> anyhow::Result<Self> {
        let template = context.template.get_or_try_init(|| make_template(context)).await?;
        let mut server = Self::copy(context, template, make(disk.directory().join("postgres"))?)?;
        let changes = server.directory.join("data/pg_wal");
        let elsewhere = context.directory("changes")?;
        installed::give_to_unprivileged(&elsewhere)?;
        let mut copy = server.command("cp");
        copy.arg("-a").arg(&changes).arg(elsewhere.join("pg_wal"));
        succeed(copy)?;
        fs::remove_dir_all(&changes)?;
        symlink(elsewhere.join("pg_wal"), &changes)?;
        server.run().await?;
        Ok(server)
    }

    fn copy(context: &Context, template: &Path, directory: PathBuf) -> anyhow::Result<Self> {
        let server = Self::in_directory(context, directory)?;
        let mut copy = server.command("cp");
        copy.args(["-a", "--reflink=auto"]).arg(template).arg(server.directory.join("data"));
        succeed(copy)?;
        Ok(server)
    }

    fn in_directory(context: &Context, directory: PathBuf) -> anyhow::Result<Self> {
        let program =
            installed::program("postgres").ok_or_else(|| Skipped("Postgres is not installed here".to_owned()))?;
        let user = installed::give_to_unprivileged(&directory)?;
        let log = context.log("postgres");
        File::create(&log)?;
        let parameters =
            context.set_postgres.iter().flat_map(|(name, value)| ["-c".to_owned(), format!("{name}={value}")]);
        let parameters = parameters.collect();
        Ok(Self { program, user, directory, log, port: free_port()?, parameters, process: None })
    }

    /// Starts the server and waits until it accepts connections.
    pub(crate) async fn run(&mut self) -> anyhow::Result<()> {
        let log = File::options().append(true).open(&self.log)?;
        let mut command = self.command(&self.program);
        command.arg("-D").arg("data").arg("-k").arg(&self.directory).args(["-h", "127.0.0.1"]);
        command.args(["-p", &self.port.to_string()]);
        // By default a start after a crash first syncs each file of the data directory.
        command.args(["-c", "recovery_init_sync_method=syncfs"]).args(&self.parameters);
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        self.process = Some(Process::spawn(&mut command)?);
        let begin = Instant::now();
        while let Err(error) = self.admin_of("postgres").await {
            let ended = self.process.as_mut().map(Process::status).transpose()?.flatten().is_some();
            ensure!(!ended && begin.elapsed() < TIMEOUT, "Postgres does not start: {error}: {}", self.last_words());
            sleep(TICK).await;
        }
        Ok(())
    }

    /// Stops the server and waits until it has exited.
    pub(crate) async fn stop(&mut self, how: Stop) -> anyhow::Result<()> {
        let mut process = self.process.take().context("Postgres is not running")?;
        process.signal(match how {
            Stop::Fast => Signal::INT,
            Stop::Immediate => Signal::QUIT,
        })?;
        process.ended(TIMEOUT).await.context("Postgres does not stop")?;
        Ok(())
    }

    /// Kills all processes of the server at once with SIGKILL, so that nothing more is written.
    pub(crate) async fn kill(&mut self) -> anyhow::Result<()> {
        let mut process = self.process.take().context("Postgres is not running")?;
        // Stop the parent first, so that it can neither start nor warn other processes.
        process.signal(Signal::STOP)?;
        let children = children(process.id())?;
        for child in &children {
            kill_process(pid(*child)?, Signal::KILL).ok();
        }
        process.kill()?;
        // The shared memory is in use until the last has exited.
        let begin = Instant::now();
        while children.iter().copied().any(is_there) {
            ensure!(begin.elapsed() < TIMEOUT, "processes of Postgres do not exit");
            sleep(TICK).await;
        }
        Ok(())
    }

    /// The most memory that any of its processes has had, in bytes, with what they share.
    pub(crate) fn largest_process(&self) -> anyhow::Result<u64> {
        let parent = self.process.as_ref().context("Postgres is not running")?.id();
        // One may have exited in the meantime.
        let sizes = children(parent)?.into_iter().filter_map(|child| memory(child, "VmHWM").ok());
        sizes.max().context("Postgres has no processes")
    }

    /// The URL of the service's database.
    pub(crate) fn url(&self) -> String {
        url_at(self.address())
    }

    /// Runs statements as a superuser who is connected to another database.
    pub(crate) async fn administer(&self, statement: &str) -> anyhow::Result<()> {
        let statement = AssertSqlSafe(statement.to_owned());
        sqlx::raw_sql(statement).execute(&mut self.admin_of("postgres").await?).await?;
        Ok(())
    }

    /// Creates another database for the service, and returns its URL.
    pub(crate) async fn create_database(&self, name: &str) -> anyhow::Result<String> {
        self.administer(&format!("CREATE DATABASE {name} OWNER {ROLE}")).await?;
        Ok(url_of(name, self.address()))
    }

    pub(crate) fn address(&self) -> SocketAddr {
        ([127, 0, 0, 1], self.port).into()
    }

    /// Connects as a superuser, without a proxy in between.
    pub(crate) async fn admin(&self) -> anyhow::Result<PgConnection> {
        self.admin_of(DATABASE).await
    }

    async fn admin_of(&self, database: &str) -> anyhow::Result<PgConnection> {
        let options = PgConnectOptions::new_without_pgpass().socket(&self.directory).port(self.port);
        let options = options.username("postgres").database(database);
        Ok(timeout(TIMEOUT, PgConnection::connect_with(&options)).await??)
    }

    fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.directory);
        if let Some((user, group)) = self.user {
            command.uid(user).gid(group);
        }
        command
    }

    fn last_words(&self) -> String {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = log.lines().rev().take(3).collect();
        lines.join("; ")
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let Some(process) = &mut self.process else { return };
        // SIGKILL would leave its shared memory behind.
        process.signal(Signal::QUIT).ok();
        for _ in 0..200 {
            if !matches!(process.status(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

fn make(directory: PathBuf) -> anyhow::Result<PathBuf> {
    fs::create_dir(&directory)?;
    Ok(directory)
}

/// The URL of the service's database at this address, which may be that of a proxy.
pub(crate) fn url_at(address: SocketAddr) -> String {
    url_of(DATABASE, address)
}

fn url_of(database: &str, address: SocketAddr) -> String {
    format!("postgres://{ROLE}:{PASSWORD}@{address}/{database}")
}

/// Creates the data directory that is copied for each server.
async fn make_template(context: &Context) -> anyhow::Result<PathBuf> {
    let mut server = Postgres::in_directory(context, context.directory("template")?)?;
    let mut initdb = server.command(server.program.with_file_name("initdb"));
    initdb.args(["--no-sync", "--no-instructions", "--username=postgres", "--encoding=UTF8", "--no-locale"]);
    initdb.args(["--auth-local=trust", "--auth-host=scram-sha-256", "--wal-segsize=1", "--pgdata=data"]);
    succeed(initdb)?;
    server.run().await?;
    server.administer(&format!("CREATE ROLE {ROLE} LOGIN PASSWORD '{PASSWORD}'")).await?;
    server.create_database(DATABASE).await?;
    server.stop(Stop::Fast).await?;
    Ok(server.directory.join("data"))
}
