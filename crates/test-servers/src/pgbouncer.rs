//! `PgBouncer` in front of a database, for one test.

use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use tokio_postgres::Config;
use url::Url;

use crate::{
    left_out::{NEWER_PGBOUNCER, PGBOUNCER},
    postgres::config,
    watched::{Home, Watched},
};

/// An installed version of `PgBouncer`.
#[derive(Debug, Clone)]
pub struct PgBouncer {
    version: (u32, u32),
    program: PathBuf,
}

/// A running `PgBouncer`. It stops when this is dropped.
#[derive(Debug)]
pub struct Pooler {
    url: Url,
    _server: Watched,
}

impl PgBouncer {
    /// The installed versions, oldest first. If there is none, the tests that need one are left out.
    ///
    /// # Panics
    ///
    /// If there is none and `REQUIRE_PGBOUNCER` is set.
    #[must_use]
    pub fn all() -> &'static [Self] {
        static FOUND: OnceLock<Vec<PgBouncer>> = OnceLock::new();
        FOUND.get_or_init(|| {
            let found = find();
            if found.is_empty() {
                PGBOUNCER.leave_out("there is no pgbouncer");
            }
            found
        })
    }

    /// The newest version, if it can track prepared statements. Otherwise the tests that need one are left out.
    ///
    /// # Panics
    ///
    /// If there is none and `REQUIRE_PGBOUNCER` is set.
    #[must_use]
    pub fn that_keeps_statements_apart() -> Option<&'static Self> {
        let newest = Self::all().last()?;
        if newest.can_keep_statements_apart() {
            return Some(newest);
        }
        let (major, minor) = newest.version;
        NEWER_PGBOUNCER.leave_out(&format!("there is only version {major}.{minor}"));
        None
    }

    /// Whether this version knows the setting `max_prepared_statements`.
    #[must_use]
    pub fn can_keep_statements_apart(&self) -> bool {
        self.version >= (1, 21)
    }

    /// Starts a pooler in front of the database of this URL. `settings` are lines of its configuration.
    ///
    /// # Panics
    ///
    /// If it does not start.
    #[must_use]
    pub fn start(&self, database_url: &impl AsRef<str>, settings: &str) -> Pooler {
        let home = Home::make("pgbouncer").unwrap_or_else(|error| panic!("{error}"));
        let url = Url::parse(database_url.as_ref()).expect("the URL of a test database");
        let name = url.path().trim_start_matches('/');
        let directory = home.path().display();
        let lines = [
            "[databases]",
            &format!("{name} = {}", server(&url)),
            "[pgbouncer]",
            &format!("unix_socket_dir = {directory}"),
            "listen_port = 6432",
            // The user is part of the database's line above.
            "auth_type = any",
            "server_tls_sslmode = prefer",
            settings,
        ];
        fs::write(home.path().join("pgbouncer.ini"), lines.join("\n")).expect("a file in a directory of our own");
        let url = format!("postgres://postgres@localhost:6432/{name}?host={directory}");
        let url = Url::parse(&url).expect("the name of a directory without odd characters");
        let server = home.start(&self.program, &["pgbouncer.ini"], ".s.PGSQL.6432");
        Pooler { url, _server: server.unwrap_or_else(|error| panic!("{error}")) }
    }
}

impl Pooler {
    /// The URL of the database through the pooler.
    #[must_use]
    pub fn url(&self) -> &str {
        self.url.as_str()
    }

    /// The same for `tokio_postgres`.
    #[must_use]
    pub fn config(&self) -> Config {
        config(&self.url)
    }
}

/// The host, port and credentials of a database, in the syntax of `PgBouncer`.
fn server(url: &Url) -> String {
    let directory = url.query_pairs().find(|(name, _)| name == "host").map(|(_, directory)| directory.into_owned());
    let host = directory.unwrap_or_else(|| url.host_str().unwrap_or("localhost").to_owned());
    let (port, user) = (url.port().unwrap_or(5432), url.username());
    let password = url.password().map(|password| format!(" password='{password}'")).unwrap_or_default();
    format!("host='{host}' port={port} user='{user}'{password}")
}

/// One program of each version, oldest first.
fn find() -> Vec<PgBouncer> {
    let path = env::var_os("PATH").unwrap_or_default();
    let usual = ["/usr/sbin", "/usr/local/sbin", "/usr/local/bin", "/opt/homebrew/bin"].map(PathBuf::from);
    let programs = env::split_paths(&path).chain(usual).map(|directory| directory.join("pgbouncer"));
    let versions: BTreeMap<_, _> = programs.filter_map(|program| Some((version(&program)?, program))).collect();
    versions.into_iter().map(|(version, program)| PgBouncer { version, program }).collect()
}

/// The version of a program, which prints `PgBouncer 1.18.0`.
fn version(program: &Path) -> Option<(u32, u32)> {
    let output = Command::new(program).arg("--version").output().ok()?;
    let said = String::from_utf8(output.stdout).ok()?;
    let mut numbers = said.strip_prefix("PgBouncer ")?.split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}
