//! Copying an SQLite database while it is in use, and restoring the copy.

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
struct Home(TempDir);

impl Home {
    async fn new() -> Self {
        let home = Self(tempfile::tempdir().unwrap());
        home.open().await.close().await;
        home
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn url(&self) -> DatabaseUrl {
        DatabaseUrl::parse(&format!("sqlite:{}", self.path("tasks.db").display())).unwrap()
    }

    /// The database with its tables.
    async fn open(&self) -> Database {
        let database = Database::connect(&DatabaseSettings::new(self.url())).await.unwrap();
        database.migrate_up().await.unwrap();
        database
    }

    /// The ids of the users in the database, as the service sees them.
    async fn users(&self) -> String {
        self.open().await.close().await;
        users_in(&self.path("tasks.db")).await
    }

    async fn add(&self, user: &Identity) {
        let database = self.open().await;
        add(&database, user).await;
        database.close().await;
    }

    async fn restore(&self, backup: &str) -> Result<Option<PathBuf>, String> {
        self.url().restore(&self.path(backup), now()).await.map_err(|error| error.to_string())
    }

    /// The names in the directory, without the file that is locked.
    fn names(&self) -> Vec<String> {
        let names = fs::read_dir(self.0.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.filter(|name| !name.ends_with("-lock")).collect();
        names.sort();
        names
    }
}

fn now() -> Timestamp {
    FixedClock::default().now()
}

async fn add(database: &Database, user: &Identity) {
    database.users().provision(user, now()).await.unwrap();
}

async fn users_in(file: &Path) -> String {
    let sql = r#"SELECT coalesce(group_concat(id), '') FROM (SELECT id FROM "user" ORDER BY id)"#;
    let mut connection = shell(file).await;
    let users = sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    users
}

/// Another program that has the database open.
async fn shell(file: &Path) -> SqliteConnection {
    SqliteConnectOptions::new().filename(file).connect().await.unwrap()
}

/// Leaves the file and its `-wal` as a killed program does.
async fn with_a_left_wal(home: &Home, user: &Identity) {
    let database = home.open().await;
    add(&database, user).await;
    for name in ["tasks.db", "tasks.db-wal"] {
        fs::copy(home.path(name), home.path(&format!("{name}.copy"))).unwrap();
    }
    database.close().await;
    for name in ["tasks.db", "tasks.db-wal"] {
        fs::rename(home.path(&format!("{name}.copy")), home.path(name)).unwrap();
    }
    assert!(fs::metadata(home.path("tasks.db-wal")).unwrap().len() > 0);
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
async fn a_restore_brings_no_row_of_a_left_wal_back() {
    let home = Home::new().await;
    home.add(&alice()).await;
    home.url().back_up(&home.path("backup.db"), false).await.unwrap();
    with_a_left_wal(&home, &bob()).await;

    let kept = home.restore("backup.db").await.unwrap().unwrap();

    assert_eq!(home.users().await, "alice");
    assert_eq!(users_in(&kept).await, "alice,bob", "the old database is kept with what its -wal had");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_copied_over_a_left_wal_is_noticed_at_the_start() {
    let home = Home::new().await;
    home.url().back_up(&home.path("backup.db"), false).await.unwrap();
    with_a_left_wal(&home, &alice()).await;
    assert_eq!(home.users().await, "alice", "a -wal of the database itself is no reason to fail");
    with_a_left_wal(&home, &bob()).await;
    fs::copy(home.path("backup.db"), home.path("tasks.db")).unwrap();

    let error = Database::connect(&DatabaseSettings::new(home.url())).await.unwrap_err().to_string();

    assert!(error.contains("its -wal has changes of the old database"), "{error}");
    home.restore("backup.db").await.unwrap();
    assert_eq!(home.users().await, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_left_wal_without_its_database_is_set_aside() {
    let home = Home::new().await;
    home.url().back_up(&home.path("backup.db"), false).await.unwrap();
    with_a_left_wal(&home, &bob()).await;
    fs::remove_file(home.path("tasks.db")).unwrap();

    assert_eq!(home.restore("backup.db").await.unwrap(), None);

    assert_eq!(home.users().await, "");
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_link_to_the_database_stays_a_link() {
    let home = Home::new().await;
    home.add(&alice()).await;
    home.url().back_up(&home.path("backup.db"), false).await.unwrap();
    fs::create_dir(home.path("disk")).unwrap();
    fs::rename(home.path("tasks.db"), home.path("disk/real.db")).unwrap();
    std::os::unix::fs::symlink(home.path("disk/real.db"), home.path("tasks.db")).unwrap();
    home.add(&bob()).await;

    let kept = home.restore("backup.db").await.unwrap().unwrap();

    assert!(home.path("tasks.db").is_symlink());
    assert_eq!(users_in(&home.path("disk/real.db")).await, "alice");
    assert_eq!(users_in(&kept).await, "alice,bob");
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
async fn a_damaged_database_can_be_replaced() {
    let home = Home::new().await;
    home.url().back_up(&home.path("backup.db"), false).await.unwrap();
    fs::write(home.path("tasks.db"), "no database").unwrap();

    let kept = home.restore("backup.db").await.unwrap().unwrap();

    assert_eq!(home.users().await, "");
    assert_eq!(fs::read(kept).unwrap(), b"no database");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_in_use_is_not_replaced() {
    let home = Home::new().await;
    home.url().back_up(&home.path("backup.db"), false).await.unwrap();
    let in_use = |error: String| assert!(error.contains("tasks.db is in use: stop the service first"), "{error}");

    let idle = home.open().await;
    idle.close().await;
    in_use(home.restore("backup.db").await.unwrap_err());
    drop(idle);

    let mut other = shell(&home.path("tasks.db")).await;
    sqlx::query("SELECT * FROM tasks").execute(&mut other).await.unwrap();
    in_use(home.restore("backup.db").await.unwrap_err());
    other.close().await.unwrap();

    assert_eq!(home.names(), ["backup.db", "tasks.db"]);
    home.restore("backup.db").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_whole_backup_of_this_service_is_restored() {
    let home = Home::new().await;
    home.add(&alice()).await;
    home.url().back_up(&home.path("whole.db"), false).await.unwrap();
    let bytes = fs::read(home.path("whole.db")).unwrap();
    fs::write(home.path("cut.db"), &bytes[..bytes.len() / 2]).unwrap();
    fs::write(home.path("text.db"), "no database").unwrap();
    fs::write(home.path("empty.db"), "").unwrap();
    fs::write(home.path("newer.db"), &bytes).unwrap();
    let mut newer = shell(&home.path("newer.db")).await;
    sqlx::query("INSERT INTO seaql_migrations VALUES ('m2999', 0)").execute(&mut newer).await.unwrap();
    newer.close().await.unwrap();

    for (backup, reason) in [
        ("cut.db", "malformed"),
        ("text.db", "not a database"),
        ("empty.db", "is not a backup of this service"),
        ("newer.db", "is newer than this program: use a `tasks-api` that knows m2999"),
        ("missing.db", "there is no database"),
        ("tasks.db", "is the database itself"),
    ] {
        let error = home.restore(backup).await.unwrap_err();
        assert!(error.contains(reason) && error.contains(backup) && !error.contains('\n'), "{error}");
    }
    assert_eq!(home.users().await, "alice");
    assert!(!home.names().iter().any(|name| name.contains("restore")), "{:?}", home.names());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plain_copy_with_its_wal_is_restored_whole() {
    let home = Home::new().await;
    with_a_left_wal(&home, &bob()).await;
    for name in ["tasks.db", "tasks.db-wal"] {
        fs::rename(home.path(name), home.path(&name.replace("tasks", "plain"))).unwrap();
    }

    home.restore("plain.db").await.unwrap();

    assert_eq!(home.users().await, "bob");
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
