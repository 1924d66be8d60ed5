//! A Postgres to measure on: a server of our own, or a database of our own on the server that `DATABASE_URL` names.

use std::{
    env, fs,
    io::{BufRead, BufReader},
    os::unix::{
        fs::{MetadataExt, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, Row};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use url::Url;

use crate::{data::Dialect, process::free_port};

/// How many databases this process has made.
static NUMBER: AtomicU32 = AtomicU32::new(0);

/// How long a server may take to start.
const PATIENCE: Duration = Duration::from_secs(10);

/// As it is installed, durable, but for what makes one run like another: memory and log files that do for the data, and no
/// vacuum or checkpoint at a time of its own.
const SETTINGS: [&str; 7] = [
    "listen_addresses=127.0.0.1",
    "max_connections=400",
    "shared_buffers=2GB",
    "max_wal_size=8GB",
    "checkpoint_timeout=1h",
    "autovacuum=off",
    "unix_socket_directories=.",
];

/// Stops the server when this process ends, however that happens.
const WATCH: &str = r#"
    trap '' HUP INT QUIT TERM
    program=$1; shift
    "$program" "$@" </dev/null >log 2>&1 &
    echo $!
    read -r _
    kill -INT $!
    wait
"#;

/// A database for this run alone.
pub(crate) struct Postgres {
    /// Where it is.
    pub(crate) url: String,
    name: String,
    runtime: Runtime,
    /// To the database that was there before.
    outside: PgConnection,
    connection: PgConnection,
    /// Dropped last: where it is ours.
    server: Option<Server>,
}

impl Postgres {
    /// Makes the database, and the server too unless `DATABASE_URL` names one.
    pub(crate) fn start() -> anyhow::Result<Self> {
        let given = env::var("DATABASE_URL").ok().filter(|url| !url.is_empty());
        let server = if given.is_some() { None } else { Some(Server::start()?) };
        let given = given.or_else(|| server.as_ref().map(Server::url)).context("DATABASE_URL")?;
        let name = format!("tasks_bench_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let mut url = Url::parse(&given).context("DATABASE_URL")?;
        url.set_path(&name);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (outside, connection) = runtime.block_on(async {
            let mut outside = connect(&given).await.context("DATABASE_URL")?;
            outside.execute(AssertSqlSafe(format!("CREATE DATABASE {name}"))).await?;
            anyhow::Ok((outside, PgConnection::connect(url.as_str()).await?))
        })?;
        Ok(Self { url: url.into(), name, runtime, outside, connection, server })
    }

    /// The process of the server, where it is ours.
    pub(crate) fn pid(&self) -> Option<u32> {
        self.server.as_ref().map(|server| server.pid)
    }

    /// Runs one statement. Returns how many rows it changed.
    pub(crate) fn execute(&mut self, statement: &str) -> anyhow::Result<u64> {
        let done = self.runtime.block_on(self.connection.execute(AssertSqlSafe(statement)));
        Ok(done.with_context(|| statement.to_owned())?.rows_affected())
    }

    /// Leaves the tasks as they were before what measurements have added, without dead rows.
    pub(crate) fn tidy_up(&mut self) -> anyhow::Result<()> {
        self.execute(&Dialect::Postgres.remove_added())?;
        // By itself VACUUM leaves the entries of the indexes while less than 2 % of a table's blocks have dead rows: in a large
        // table they would add up over many rounds, and every list pass over them.
        self.execute("VACUUM (INDEX_CLEANUP ON) tasks")?;
        Ok(())
    }

    /// The first column of the first row that a query finds.
    pub(crate) fn one<T>(&mut self, query: &str) -> anyhow::Result<T>
    where
        T: for<'r> sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres>,
    {
        let row = self.runtime.block_on(self.connection.fetch_one(AssertSqlSafe(query)));
        Ok(row.with_context(|| query.to_owned())?.try_get(0)?)
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let drop = AssertSqlSafe(format!("DROP DATABASE {} WITH (FORCE)", self.name));
        if let Err(error) = self.runtime.block_on(self.outside.execute(drop)) {
            eprintln!("the database {} is left behind: {error}", self.name);
        }
    }
}

/// Connects, to a server that is starting too.
async fn connect(url: &str) -> sqlx::Result<PgConnection> {
    let begin = Instant::now();
    loop {
        match PgConnection::connect(url).await {
            Err(_starting) if begin.elapsed() < PATIENCE => tokio::time::sleep(Duration::from_millis(20)).await,
            outcome => return outcome,
        }
    }
}

struct Server {
    watcher: Child,
    pid: u32,
    port: u16,
    _directory: TempDir,
}

impl Server {
    fn start() -> anyhow::Result<Self> {
        let initdb =
            program("initdb").context("install PostgreSQL, or set DATABASE_URL to a server that may be used")?;
        let directory = tempfile::Builder::new().prefix("tasks-bench-postgres-").tempdir()?;
        let user = unprivileged(directory.path()).context("no user to run Postgres as")?;
        let command = |program: &Path| {
            let mut command = Command::new(program);
            command.current_dir(directory.path());
            if let Some((user, group)) = user {
                command.uid(user).gid(group);
            }
            command
        };

        let made = command(&initdb)
            .args(["--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C.UTF-8", "--pgdata=data"])
            .output()?;
        if !made.status.success() {
            bail!("initdb failed: {}", String::from_utf8_lossy(&made.stderr).trim());
        }

        let port = free_port()?;
        let mut watcher = command(Path::new("sh"));
        watcher.args(["-c", WATCH, "sh"]).arg(initdb.with_file_name("postgres")).args(["-D", "data"]);
        watcher.args(["-p", &port.to_string()]).args(SETTINGS.iter().flat_map(|setting| ["-c", setting]));
        // A group of its own, which the terminal's Ctrl-C does not reach.
        watcher.stdin(Stdio::piped()).stdout(Stdio::piped()).process_group(0);
        let mut watcher = watcher.spawn()?;
        let mut pid = String::new();
        BufReader::new(watcher.stdout.take().context("stdout")?).read_line(&mut pid)?;
        Ok(Self { watcher, pid: pid.trim().parse()?, port, _directory: directory })
    }

    fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres?sslmode=disable", self.port)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The watching shell stops the server when its standard input ends.
        drop(self.watcher.stdin.take());
        let _ = self.watcher.wait();
    }
}

/// A program of PostgreSQL, of the newest version if there are several: Debian keeps them off the `PATH`.
pub(crate) fn program(name: &str) -> anyhow::Result<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let mut versions: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path().join("bin"))
        .collect();
    versions.sort();
    let found = versions.into_iter().rev().chain(env::split_paths(&path)).map(|directory| directory.join(name));
    found.into_iter().find(|program| program.is_file()).with_context(|| format!("{name} is not installed"))
}

/// Postgres refuses to run as root: gives the directory to a user who is not, and returns that user and their group.
fn unprivileged(directory: &Path) -> anyhow::Result<Option<(u32, u32)>> {
    if fs::metadata(directory)?.uid() != 0 {
        return Ok(None);
    }
    let users = fs::read_to_string("/etc/passwd")?;
    let user = |name: &str| {
        let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut numbers = line.split(':').skip(2).map(str::parse);
        Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
    };
    let (user, group) = user("postgres").or_else(|| user("nobody")).context("neither postgres nor nobody")?;
    chown(directory, Some(user), Some(group))?;
    Ok(Some((user, group)))
}
