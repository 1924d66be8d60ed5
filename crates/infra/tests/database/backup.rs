//! Copying an SQLite database while it is in use.

#[cfg(unix)]
use std::os::unix::fs::PermissionsExt;
use std::{
    fs,
    path::{Path, PathBuf},
};

use domain::{
    Clock, Identity, Timestamp, UserProvisioner,
    testing::{FixedClock, alice, bob},
};
use infra::{Database, DatabaseSettings, DatabaseUrl};
use sqlx::{ConnectOptions, Connection, SqliteConnection, sqlite::SqliteConnectOptions};
use tempfile::TempDir;

/// A directory with a database `tasks.db`.
pub(crate) struct Home(TempDir);

impl Home {
    pub(crate) async fn new() -> Self {
        let home = Self(tempfile::tempdir().unwrap());
        home.open().await.close().await;
        home
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn url(&self) -> DatabaseUrl {
        DatabaseUrl::parse(&format!("sqlite:{}", self.path("tasks.db").display())).unwrap()
    }

    /// The database with its tables.
    pub(crate) async fn open(&self) -> Database {
        let database = Database::connect(&DatabaseSettings::new(self.url())).await.unwrap();
        database.migrate_up().await.unwrap();
        database
    }

    /// The ids of the users in the database, as the service sees them.
    pub(crate) async fn users(&self) -> String {
        self.open().await.close().await;
        users_in(&self.path("tasks.db")).await
    }

    pub(crate) async fn add(&self, user: &Identity) {
        let database = self.open().await;
        add(&database, user).await;
        database.close().await;
    }

    pub(crate) async fn restore(&self, backup: &str) -> Result<Option<PathBuf>, String> {
        self.url().restore(&self.path(backup), now()).await.map_err(|error| error.to_string())
    }

    /// The names in the directory, without the file that is locked.
    pub(crate) fn names(&self) -> Vec<String> {
        let names = fs::read_dir(self.0.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.filter(|name| !name.ends_with("-lock")).collect();
        names.sort();
        names
    }
}

fn now() -> Timestamp {
    FixedClock::default().now()
}

pub(crate) async fn add(database: &Database, user: &Identity) {
    database.users().provision(user, now()).await.unwrap();
}

pub(crate) async fn users_in(file: &Path) -> String {
    let sql = r#"SELECT coalesce(group_concat(id), '') FROM (SELECT id FROM "user" ORDER BY id)"#;
    let mut connection = shell(file).await;
    let users = sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    users
}

/// Another program that has the database open.
pub(crate) async fn shell(file: &Path) -> SqliteConnection {
    SqliteConnectOptions::new().filename(file).connect().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_made_while_the_service_writes() {
    let home = Home::new().await;
    let database = home.open().await;
    add(&database, &alice()).await;

    home.url().back_up(&home.path("backup.db"), false).await.unwrap();

    add(&database, &bob()).await;
    database.close().await;
    drop(database);
    assert_eq!(home.names(), ["backup.db", "tasks.db"]);
    let kept = home.restore("backup.db").await.unwrap().unwrap();
    assert_eq!(home.users().await, "alice");
    assert_eq!(users_in(&kept).await, "alice,bob");
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn only_the_owner_can_read_a_backup() {
    let home = Home::new().await;

    home.url().back_up(&home.path("backup.db"), false).await.unwrap();

    assert_eq!(fs::metadata(home.path("backup.db")).unwrap().permissions().mode() & 0o777, 0o600);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_overwrites_a_file_only_when_told_to() {
    let home = Home::new().await;
    fs::write(home.path("backup.db"), "precious").unwrap();

    let error = home.url().back_up(&home.path("backup.db"), false).await.unwrap_err().to_string();

    assert!(error.ends_with("backup.db exists: choose another name, or add --overwrite"), "{error}");
    assert_eq!(fs::read(home.path("backup.db")).unwrap(), b"precious");
    home.url().back_up(&home.path("backup.db"), true).await.unwrap();
    home.restore("backup.db").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_does_not_replace_the_database_itself() {
    let home = Home::new().await;
    home.add(&alice()).await;

    let error = home.url().back_up(&home.path("tasks.db"), true).await.unwrap_err().to_string();

    assert!(error.ends_with("tasks.db is the database itself"), "{error}");
    assert_eq!(home.users().await, "alice");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_backup_leaves_nothing() {
    let home = Home::new().await;
    fs::write(home.path("tasks.db"), "no database").unwrap();

    home.url().back_up(&home.path("backup.db"), false).await.unwrap_err();

    assert_eq!(home.names(), ["tasks.db"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_command_has_left_does_not_matter() {
    let home = Home::new().await;
    for name in ["backup.db-incomplete", "backup.db-incomplete-journal", "tasks.db-restore", "tasks.db-restore-wal"] {
        fs::write(home.path(name), "left").unwrap();
    }

    home.url().back_up(&home.path("backup.db"), false).await.unwrap();
    home.restore("backup.db").await.unwrap();

    assert!(
        home.names().iter().all(|name| ["backup.db", "tasks.db"].contains(&name.as_str()) || name.contains("before"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_and_memory_have_their_own_ways() {
    for (url, expected) in [
        ("postgres://localhost/tasks", "use pg_dump and pg_restore"),
        ("sqlite::memory:", "SQLite in memory, which has no file"),
    ] {
        let url = DatabaseUrl::parse(url).unwrap();
        for error in [
            url.back_up(Path::new("backup.db"), false).await.unwrap_err(),
            url.restore(Path::new("backup.db"), now()).await.unwrap_err(),
        ] {
            assert!(error.to_string().contains(expected), "{error}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_does_not_wait_for_a_writer() {
    let home = Home::new().await;
    let database = home.open().await;
    add(&database, &alice()).await;
    let mut writer = shell(&home.path("tasks.db")).await;
    sqlx::raw_sql(r#"BEGIN IMMEDIATE; DELETE FROM "user""#).execute(&mut writer).await.unwrap();

    home.url().back_up(&home.path("backup.db"), false).await.unwrap();

    sqlx::query("COMMIT").execute(&mut writer).await.unwrap();
    assert_eq!(users_in(&home.path("backup.db")).await, "alice");
}
