//! A server program that ends with this process.
//!
//! It runs in its own directory. A shell waits until this process ends or is killed, then stops the program and removes the
//! directory.

use std::{
    ffi::OsStr,
    fs, io,
    os::unix::{net::UnixStream, process::CommandExt},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use tempfile::TempDir;

use crate::installation::give_to_unprivileged;

const WATCH: &str = r#"
    trap '' HUP INT QUIT TERM
    directory=$1
    shift
    "$@" </dev/null >log 2>&1 &
    read -r _
    # Stops at once. An older PgBouncer does so only on the second signal.
    kill -QUIT $!
    kill -TERM $!
    wait
    rm -rf "$directory"
"#;

/// A directory for a server program, and the user to run it as.
#[derive(Debug)]
pub(crate) struct Home {
    directory: TempDir,
    user: Option<(u32, u32)>,
}

impl Home {
    /// Creates the directory for a program of this name.
    pub(crate) fn make(name: &str) -> Result<Self, String> {
        let directory = tempfile::Builder::new().prefix(&format!("tasks-api-{name}-")).tempdir();
        let directory = directory.map_err(|error| format!("no directory for a local {name}: {error}"))?;
        let user =
            give_to_unprivileged(directory.path()).map_err(|error| format!("no user to run {name} as: {error}"))?;
        Ok(Self { directory, user })
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    /// A command in this directory, by its user.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.path());
        if let Some((user, group)) = self.user {
            command.uid(user).gid(group);
        }
        command
    }

    /// Starts the server and waits until it listens on this socket in the directory.
    pub(crate) fn start<A: AsRef<OsStr>>(
        self,
        program: &Path,
        arguments: &[A],
        socket: &str,
    ) -> Result<Watched, String> {
        let mut shell = self.command("sh");
        shell.arg("-c").arg(WATCH).arg("sh").arg(self.path()).arg(program).args(arguments);
        // A separate process group, which the terminal's Ctrl-C does not reach.
        shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        let server = Watched(shell.spawn().map_err(|error| format!("sh does not run: {error}"))?);
        let directory = self.directory.keep();
        wait_for(&directory.join(socket)).map_err(|error| {
            let log = fs::read_to_string(directory.join("log")).unwrap_or_default();
            format!("{} does not start: {error}: {}", program.display(), log.lines().last().unwrap_or_default())
        })?;
        Ok(server)
    }
}

/// A server that runs until this is dropped.
#[derive(Debug)]
pub(crate) struct Watched(Child);

impl Drop for Watched {
    fn drop(&mut self) {
        // Closes the pipe that the shell reads from.
        self.0.wait().ok();
    }
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
