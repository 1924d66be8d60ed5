//! A Postgres server for this process alone.
//!
//! It lives in a directory of its own, listens on a socket in there and writes nothing to disk that it need not. A shell
//! watches over it: when this process ends, even if it is killed, the shell stops the server and removes the directory.

use std::{
    fs, io,
    os::unix::{net::UnixStream, process::CommandExt},
    path::Path,
    process::{Child, Command, Stdio},
    sync::Mutex,
    thread,
    time::Duration,
};

use super::installation;

/// Its end closes the pipe that the watching shell reads from.
static WATCHER: Mutex<Option<Child>> = Mutex::new(None);

const WATCH: &str = r#"
    trap '' HUP INT QUIT TERM
    "$1/postgres" -D "$2/data" -k "$2" -c listen_addresses= -c max_connections=500 -F \
        -c synchronous_commit=off -c full_page_writes=off </dev/null >"$2/log" 2>&1 &
    read -r _
    kill -QUIT $!
    wait
    rm -rf "$2"
"#;

/// Starts the server and returns the URL of a database on it, or says why it could not be started.
pub(super) fn start() -> Result<String, String> {
    let binaries = installation::find().ok_or("no TEST_DATABASE_URL and no local postgres found")?;
    let directory = tempfile::Builder::new().prefix("tasks-api-postgres-").tempdir();
    let directory = directory.map_err(|error| format!("no directory for a local postgres: {error}"))?;
    let user = installation::give_to_unprivileged(directory.path())
        .map_err(|error| format!("no user to run postgres as: {error}"))?;

    let mut initdb = command(binaries.join("initdb"), user, directory.path());
    initdb.args(["--no-sync", "--no-instructions", "--auth=trust", "--username=postgres", "--encoding=UTF8"]);
    let made = initdb.args(["--no-locale", "--pgdata=data"]).output();
    let made = made.map_err(|error| format!("initdb does not run: {error}"))?;
    if !made.status.success() {
        return Err(format!("initdb failed: {}", String::from_utf8_lossy(&made.stderr).trim()));
    }

    let directory = directory.keep();
    let mut watcher = command("sh", user, &directory);
    watcher.arg("-c").arg(WATCH).arg("sh").arg(&binaries).arg(&directory);
    // A group of its own, which the terminal's Ctrl-C does not reach.
    watcher.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
    let watcher = watcher.spawn().map_err(|error| format!("sh does not run: {error}"))?;
    WATCHER.lock().expect("nobody panics with this lock").replace(watcher);

    wait_for(&directory.join(".s.PGSQL.5432"))
        .map_err(|error| format!("postgres does not start: {error}: {}", log(&directory)))?;
    Ok(format!("postgres://postgres@localhost/postgres?host={}", directory.display()))
}

fn command(program: impl AsRef<std::ffi::OsStr>, user: Option<(u32, u32)>, directory: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(directory);
    if let Some((user, group)) = user {
        command.uid(user).gid(group);
    }
    command
}

fn wait_for(socket: &Path) -> io::Result<()> {
    for _ in 0..500 {
        if UnixStream::connect(socket).is_ok() {
            return Ok(());
        }
        thread::sleep(Duration::from_millis(20));
    }
    UnixStream::connect(socket).map(drop)
}

/// The last line that the server wrote.
fn log(directory: &Path) -> String {
    let log = fs::read_to_string(directory.join("log")).unwrap_or_default();
    log.lines().last().unwrap_or_default().to_owned()
}
