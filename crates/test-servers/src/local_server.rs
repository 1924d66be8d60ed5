//! A Postgres server that only this process uses.
//!
//! It listens on a socket in its own directory, and does not flush writes to disk.

use std::{path::Path, sync::Mutex};

use crate::{
    installation,
    watched::{Home, Watched},
};

/// Runs until this process ends.
static SERVER: Mutex<Option<Watched>> = Mutex::new(None);

/// Starts the server and returns the URL of a database on it, or the reason why it cannot be started.
pub(crate) fn start() -> Result<String, String> {
    let binaries = installation::find().ok_or("no TEST_DATABASE_URL and no local postgres found")?;
    let home = Home::make("postgres")?;
    initialize(&home, &binaries)?;
    let directory = home.path().display().to_string();
    let socket = format!("unix_socket_directories={directory}");
    let off = ["listen_addresses=", "synchronous_commit=off", "full_page_writes=off"];
    let mut arguments = vec!["-D", "data", "-F", "-c", "max_connections=500", "-c", &socket];
    arguments.extend(off.iter().flat_map(|setting| ["-c", setting]));
    let server = home.start(&binaries.join("postgres"), &arguments, ".s.PGSQL.5432")?;
    SERVER.lock().expect("nobody panics with this lock").replace(server);
    Ok(format!("postgres://postgres@localhost/postgres?host={directory}"))
}

/// Creates the files of a server in the directory `data`. Everybody on this machine may connect as `postgres`.
pub(crate) fn initialize(home: &Home, binaries: &Path) -> Result<(), String> {
    let mut initdb = home.command(binaries.join("initdb"));
    initdb.args(["--no-sync", "--no-instructions", "--auth=trust", "--username=postgres", "--encoding=UTF8"]);
    let made = initdb.args(["--no-locale", "--pgdata=data"]).output();
    let made = made.map_err(|error| format!("initdb does not run: {error}"))?;
    if !made.status.success() {
        return Err(format!("initdb failed: {}", String::from_utf8_lossy(&made.stderr).trim()));
    }
    Ok(())
}
