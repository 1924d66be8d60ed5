//! Putting a backup in the place of an SQLite database.

use std::fs;

use domain::{
    Identity,
    testing::{alice, bob},
};
use infra::{Database, DatabaseSettings};
use sqlx::Connection;

use crate::backup::{Home, add, shell, users_in};

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
    sqlx::query("INSERT INTO tasks_api_migrations VALUES ('m2999', 0)").execute(&mut newer).await.unwrap();
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
        assert!(!home.names().iter().any(|name| name.contains("restore")), "{backup}: {:?}", home.names());
    }
    assert_eq!(home.users().await, "alice");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_an_earlier_release_may_have_another_programs_migrations() {
    let home = Home::new().await;
    home.add(&alice()).await;
    home.url().back_up(&home.path("earlier.db"), false).await.unwrap();
    let mut earlier = shell(&home.path("earlier.db")).await;
    let as_it_was = "ALTER TABLE tasks_api_migrations RENAME TO seaql_migrations; \
                     INSERT INTO seaql_migrations VALUES ('m20250101_000001_create_posts', 0)";
    sqlx::raw_sql(as_it_was).execute(&mut earlier).await.unwrap();
    earlier.close().await.unwrap();

    home.restore("earlier.db").await.unwrap();

    assert_eq!(home.users().await, "alice");
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
