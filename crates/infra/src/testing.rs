//! A fresh database for every test, so that tests can run in any order and in parallel.
//!
//! [`test_servers`] explains which Postgres server is used, and what happens if there is none.

#![expect(clippy::expect_used, clippy::panic, reason = "this is part of tests: its failure is a panic")]

use std::{ops::Deref, time::Duration};

use domain::{
    Clock, UserProvisioner,
    testing::{FixedClock, alice, bob},
};
use sea_orm::{ConnectionTrait, DatabaseConnection};
use tempfile::TempDir;

use test_servers::PostgresDatabase;
pub use test_servers::{Optional, OwnServer, PgBouncer, Pooler, RunningServer};

use crate::{Database, DatabaseSettings, DatabaseUrl, Sharing};

/// A database for one test, deleted afterwards.
#[derive(Debug)]
pub struct TestDatabase {
    database: Database,
    url: String,
    sharing: Sharing,
    _home: Home,
}

/// Deletes the database when it is dropped.
#[derive(Debug)]
enum Home {
    Directory(#[expect(dead_code, reason = "it is there to be dropped")] TempDir),
    Server(#[expect(dead_code, reason = "it is there to be dropped")] PostgresDatabase),
}

impl TestDatabase {
    /// SQLite with the full schema and the users [`alice`] and [`bob`].
    ///
    /// # Panics
    ///
    /// If the database cannot be created.
    pub async fn sqlite() -> Self {
        Self::empty_sqlite().await.with_users().await
    }

    /// Postgres with the full schema and the users [`alice`] and [`bob`], or `None` if there is no Postgres server.
    ///
    /// # Panics
    ///
    /// If Postgres is required but the database cannot be created.
    pub async fn postgres() -> Option<Self> {
        Some(Self::empty_postgres().await?.with_users().await)
    }

    /// The same, with a connection and a commit for each statement.
    ///
    /// # Panics
    ///
    /// As [`postgres`](Self::postgres).
    pub async fn postgres_without_sharing() -> Option<Self> {
        let shared = Self::postgres().await?;
        let database = connect(&shared.url, Sharing::Off).await;
        Some(Self { database, sharing: Sharing::Off, ..shared })
    }

    /// An empty SQLite database.
    ///
    /// # Panics
    ///
    /// As [`sqlite`](Self::sqlite).
    pub async fn empty_sqlite() -> Self {
        let directory = tempfile::tempdir().expect("a directory for a database");
        let url = format!("sqlite:{}", directory.path().join("tasks.db").display());
        let sharing = Sharing::default();
        Self { database: connect(&url, sharing).await, url, sharing, _home: Home::Directory(directory) }
    }

    /// An empty Postgres database, or `None` if there is no Postgres server.
    ///
    /// # Panics
    ///
    /// As [`postgres`](Self::postgres).
    pub async fn empty_postgres() -> Option<Self> {
        let fresh = PostgresDatabase::create().await?;
        let url = fresh.url().to_string();
        let sharing = Sharing::default();
        Some(Self { database: connect(&url, sharing).await, url, sharing, _home: Home::Server(fresh) })
    }

    /// The URL of this database, for another program.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The settings for a further connection to this database, as in production.
    ///
    /// # Panics
    ///
    /// Never: the URL is valid.
    #[must_use]
    pub fn settings(&self) -> DatabaseSettings {
        settings(&self.url, self.sharing)
    }

    /// A connection to this database, for SQL that no port offers.
    #[must_use]
    pub fn connection(&self) -> &DatabaseConnection {
        &self.database.pool
    }

    /// Makes this Postgres look like the coordinator of a Citus cluster that has no nodes yet. What its functions are asked to do is
    /// in the table `citus_calls`.
    ///
    /// # Panics
    ///
    /// If this is not Postgres, or the role is not a superuser.
    pub async fn pretend_citus(&self) {
        self.connection().execute_unprepared(include_str!("testing/citus.sql")).await.expect("a stand-in for Citus");
    }

    async fn with_users(self) -> Self {
        self.migrate_up().await.expect("the whole schema");
        for user in [alice(), bob()] {
            self.users().provision(&user, FixedClock::default().now()).await.expect("a user");
        }
        self
    }
}

/// The URL.
impl AsRef<str> for TestDatabase {
    fn as_ref(&self) -> &str {
        &self.url
    }
}

impl Deref for TestDatabase {
    type Target = Database;

    fn deref(&self) -> &Database {
        &self.database
    }
}

/// Connects with longer timeouts than production, because many tests share the machine.
async fn connect(url: &str, sharing: Sharing) -> Database {
    let acquire_timeout = Duration::from_secs(30);
    let settings = DatabaseSettings { max_connections: 5, acquire_timeout, ..settings(url, sharing) };
    Database::connect(&settings).await.unwrap_or_else(|error| panic!("{error}"))
}

fn settings(url: &str, sharing: Sharing) -> DatabaseSettings {
    let url = DatabaseUrl::parse(url).expect("the URL of a test database");
    DatabaseSettings { sharing, ..DatabaseSettings::new(url) }
}
