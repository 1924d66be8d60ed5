//! A Postgres server of a single test, which decides when it runs and with which settings.

use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
};

use crate::{
    installation::{self, give_to_unprivileged},
    left_out, local_server,
    watched::{Home, Watched},
};

/// A server that has not been started. It will listen on a port of 127.0.0.1 that was free.
#[derive(Debug)]
pub struct OwnServer {
    binaries: PathBuf,
    home: Home,
    port: u16,
}

/// A server that runs until this is dropped.
#[derive(Debug)]
pub struct RunningServer(#[expect(dead_code, reason = "it is there to be dropped")] Watched);

impl OwnServer {
    /// Creates the files of a server, or returns `None` if Postgres is not installed on this machine.
    ///
    /// # Panics
    ///
    /// If the server is required but cannot be created.
    #[must_use]
    pub fn create() -> Option<Self> {
        let create = || {
            let binaries = installation::find().ok_or("no local postgres found")?;
            let home = Home::make("postgres")?;
            local_server::initialize(&home, &binaries)?;
            let free = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr());
            Ok(Self { binaries, home, port: free.map_err(|error| error.to_string())?.port() })
        };
        create().map_err(|reason: String| left_out::POSTGRES.leave_out(&reason)).ok()
    }

    /// Its port on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The directory with its files, which are in `data`.
    #[must_use]
    pub fn directory(&self) -> &Path {
        self.home.path()
    }

    /// Copies a file that only the server may read into its directory, under this name.
    ///
    /// # Panics
    ///
    /// If it cannot be copied.
    pub fn give(&self, file: &Path, name: &str) {
        use std::os::unix::fs::PermissionsExt;

        let copy = self.home.path().join("data").join(name);
        fs::copy(file, &copy).expect("a copy");
        fs::set_permissions(&copy, fs::Permissions::from_mode(0o600)).expect("a private file");
        give_to_unprivileged(&copy).expect("a file of the server's user");
    }

    /// Starts it, with these settings (`ssl=on`).
    ///
    /// # Panics
    ///
    /// If it does not start.
    #[must_use]
    pub fn start(self, settings: &[&str]) -> RunningServer {
        let Self { binaries, home, port } = self;
        let own = [
            format!("unix_socket_directories={}", home.path().display()),
            "listen_addresses=127.0.0.1".to_owned(),
            format!("port={port}"),
        ];
        let mut arguments = vec!["-D", "data", "-F"];
        arguments
            .extend(own.iter().map(String::as_str).chain(settings.iter().copied()).flat_map(|setting| ["-c", setting]));
        let server = home.start(&binaries.join("postgres"), &arguments, &format!(".s.PGSQL.{port}"));
        RunningServer(server.unwrap_or_else(|error| panic!("{error}")))
    }
}
