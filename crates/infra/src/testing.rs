//! A fresh database for every test, so that tests run in any order and side by side.
//!
//! Which Postgres server that is, and what becomes of tests where there is none: see [`test_servers`].

#![expect(clippy::expect_used, clippy::panic, reason = "this is part of tests: its failure is a panic")]

use std::{ops::Deref, time::Duration};

use domain::{
    Clock, UserProvisioner,
    testing::{FixedClock, alice, bob},
};
use sea_orm::DatabaseConnection;
use tempfile::TempDir;

use test_servers::PostgresDatabase;
pub use test_servers::{Optional, PgBouncer, Pooler};

use crate::{Database, DatabaseSettings, DatabaseUrl};

/// A database that no other test uses and that is gone afterwards.
#[derive(Debug)]
pub struct TestDatabase {
    database: Database,
    url: String,
    _home: Home,
}

/// What takes the database away when it is dropped.
#[derive(Debug)]
enum Home {
    Directory(#[expect(dead_code, reason = "it is there to be dropped")] TempDir),
    Server(#[expect(dead_code, reason = "it is there to be dropped")] PostgresDatabase),
}

impl TestDatabase {
    /// SQLite with the whole schema and [`alice`] and [`bob`] as users.
    ///
    /// # Panics
    ///
    /// If there can be no such database.
    pub async fn sqlite() -> Self {
        Self::empty_sqlite().await.with_users().await
    }

    /// Postgres with the whole schema and [`alice`] and [`bob`] as users, or `None` where there is no Postgres.
    ///
    /// # Panics
    ///
    /// If there can be no such database although there should be.
    pub async fn postgres() -> Option<Self> {
        Some(Self::empty_postgres().await?.with_users().await)
    }

    /// SQLite with nothing in it.
    ///
    /// # Panics
    ///
    /// As [`sqlite`](Self::sqlite).
    pub async fn empty_sqlite() -> Self {
        let directory = tempfile::tempdir().expect("a directory for a database");
        let url = format!("sqlite:{}", directory.path().join("tasks.db").display());
        Self { database: connect(&url).await, url, _home: Home::Directory(directory) }
    }

    /// Postgres with nothing in it, or `None` where there is no Postgres.
    ///
    /// # Panics
    ///
    /// As [`postgres`](Self::postgres).
    pub async fn empty_postgres() -> Option<Self> {
        let fresh = PostgresDatabase::create().await?;
        let url = fresh.url().to_string();
        Some(Self { database: connect(&url).await, url, _home: Home::Server(fresh) })
    }

    /// The URL of this database, for a program that is to use it.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A connection to this database, for what no port offers.
    #[must_use]
    pub fn connection(&self) -> &DatabaseConnection {
        &self.database.pool
    }

    async fn with_users(self) -> Self {
        self.migrate_up().await.expect("the whole schema");
        for user in [alice(), bob()] {
            self.tasks().provision(&user, FixedClock::default().now()).await.expect("a user");
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

/// Connects with more patience than production has: many tests share the machine.
async fn connect(url: &str) -> Database {
    let url = DatabaseUrl::parse(url).expect("the URL of a test database");
    let settings =
        DatabaseSettings { max_connections: 5, acquire_timeout: Duration::from_secs(30), ..DatabaseSettings::new(url) };
    Database::connect(&settings).await.unwrap_or_else(|error| panic!("{error}"))
}
