//! A Postgres database for the benchmark: on a server that it starts, or on the one that `DATABASE_URL` names.

use std::{
    env, fs,
    io::{BufRead, BufReader},
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use lab_common::{free_port, postgres as installed};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, Row};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use url::Url;

use crate::data::Dialect;

/// How many databases this process has created.
static NUMBER: AtomicU32 = AtomicU32::new(0);

/// How long a server may take to start.
const PATIENCE: Duration = Duration::from_secs(10);

/// The default settings with durable commits, except for those that make runs differ: memory and WAL are large enough for the
/// data, and neither a vacuum nor a checkpoint starts by itself.
const SETTINGS: [&str; 7] = [
    "listen_addresses=127.0.0.1",
    "max_connections=400",
    "shared_buffers=2GB",
    "max_wal_size=8GB",
    "checkpoint_timeout=1h",
    "autovacuum=off",
    "unix_socket_directories=.",
];

/// A shell script that stops the server when this process ends, even if it is killed.
const WATCH: &str = r#"
    trap '' HUP INT QUIT TERM
    program=$1; shift
    "$program" "$@" </dev/null >log 2>&1 &
    echo $!
    read -r _
    kill -INT $!
    wait
"#;

/// A database for one run. It is dropped with this value.
pub(crate) struct Postgres {
    /// The URL of the database.
    pub(crate) url: String,
    name: String,
    runtime: Runtime,
    /// A connection to another database of the server, since a session cannot drop its own database.
    outside: PgConnection,
    connection: PgConnection,
    /// Dropped last. `None` if `DATABASE_URL` names the server.
    server: Option<Server>,
}

impl Postgres {
    /// Creates the database, on a new server unless `DATABASE_URL` names one.
    pub(crate) fn start() -> anyhow::Result<Self> {
        match env::var("DATABASE_URL").ok().filter(|url| !url.is_empty()) {
            Some(url) => Self::create(&url, None),
            None => Self::on(Server::start(&[])?),
        }
    }

    /// Creates the database on a new server that logs every statement with its parameters.
    pub(crate) fn start_logged() -> anyhow::Result<Self> {
        Self::on(Server::start(&["log_statement=all", "log_min_messages=warning"])?)
    }

    fn on(server: Server) -> anyhow::Result<Self> {
        Self::create(&server.url(), Some(server))
    }

    fn create(existing: &str, server: Option<Server>) -> anyhow::Result<Self> {
        let name = format!("tasks_bench_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let mut url = Url::parse(existing).context("DATABASE_URL")?;
        url.set_path(&name);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (outside, connection) = runtime.block_on(async {
            let mut outside = connect(existing).await.context("DATABASE_URL")?;
            outside.execute(AssertSqlSafe(format!("CREATE DATABASE {name}"))).await?;
            anyhow::Ok((outside, PgConnection::connect(url.as_str()).await?))
        })?;
        Ok(Self { url: url.into(), name, runtime, outside, connection, server })
    }

    /// The process id of the server. `None` if `DATABASE_URL` names it.
    pub(crate) fn pid(&self) -> Option<u32> {
        self.server.as_ref().map(|server| server.pid)
    }

    /// What the server has logged so far.
    pub(crate) fn log(&self) -> anyhow::Result<String> {
        let server = self.server.as_ref().context("DATABASE_URL names the server")?;
        fs::read_to_string(server.directory.path().join("log")).context("the server's log")
    }

    /// Runs one statement. Returns how many rows it changed.
    pub(crate) fn execute(&mut self, statement: &str) -> anyhow::Result<u64> {
        let done = self.runtime.block_on(self.connection.execute(AssertSqlSafe(statement)));
        Ok(done.with_context(|| statement.to_owned())?.rows_affected())
    }

    /// Removes the tasks that measurements have added, and their dead rows.
    pub(crate) fn tidy_up(&mut self) -> anyhow::Result<()> {
        self.execute(&Dialect::Postgres.remove_added())?;
        // By default VACUUM skips the indexes while less than 2 % of a table's blocks have dead rows. In a large table their
        // entries would add up over many rounds, and every list would scan them.
        self.execute("VACUUM (INDEX_CLEANUP ON) tasks")?;
        Ok(())
    }

    /// The first column of the first row of a query.
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
            eprintln!("the database {} is not dropped: {error}", self.name);
        }
    }
}

/// Connects, and retries while the server starts.
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
    directory: TempDir,
}

impl Server {
    /// Starts a server with [`SETTINGS`] and these.
    fn start(settings: &[&str]) -> anyhow::Result<Self> {
        let initdb = installed::program("initdb")
            .context("install PostgreSQL, or set DATABASE_URL to a server for the benchmark")?;
        let directory = tempfile::Builder::new().prefix("tasks-bench-postgres-").tempdir()?;
        let user = installed::give_to_unprivileged(directory.path()).context("no user to run Postgres as")?;
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
        watcher
            .args(["-p", &port.to_string()])
            .args(SETTINGS.iter().chain(settings).flat_map(|setting| ["-c", setting]));
        // In a separate process group, which Ctrl-C in the terminal does not reach.
        watcher.stdin(Stdio::piped()).stdout(Stdio::piped()).process_group(0);
        let mut watcher = watcher.spawn()?;
        let mut pid = String::new();
        BufReader::new(watcher.stdout.take().context("stdout")?).read_line(&mut pid)?;
        Ok(Self { watcher, pid: pid.trim().parse()?, port, directory })
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
