//! Connections follow the settings, and a failure to connect is reported in one line.

#[cfg(unix)]
use std::os::unix::fs::PermissionsExt;
use std::{
    fs,
    net::TcpListener,
    time::{Duration, Instant},
};

use domain::{
    Clock, Readiness, UserProvisioner,
    testing::{FixedClock, nobody},
};
use infra::{Database, DatabaseSettings, DatabaseUrl, ExecutorKind, testing::TestDatabase};
use migration::Migrator;
use sea_orm::{ConnectionTrait, DbBackend, Statement, TransactionTrait};
use sea_orm_migration::MigratorTraitSelf;
use sqlx::{ConnectOptions, Executor, sqlite::SqliteConnectOptions};
use tokio::time::sleep;

fn settings(url: &str) -> DatabaseSettings {
    DatabaseSettings::new(DatabaseUrl::parse(url).unwrap())
}

/// The one-line error of a failed connection.
async fn failure(url: &str) -> String {
    let settings = DatabaseSettings { start_timeout: None, ..settings(url) };
    let error = Database::connect(&settings).await.unwrap_err();
    let line = error.to_string();
    assert!(!line.contains('\n') && !format!("{line} {error:?}").contains("s3cret"), "{error:?}");
    line
}

pub(crate) async fn value(connection: &impl ConnectionTrait, sql: &str) -> String {
    let statement = Statement::from_string(connection.get_database_backend(), sql);
    let row = connection.query_one_raw(statement).await.unwrap().unwrap();
    row.try_get_by_index(0).or_else(|_not_text| row.try_get_by_index(0).map(|number: i64| number.to_string())).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_sqlite_connection_is_durable_and_checks_keys() {
    let database = TestDatabase::sqlite().await;
    let mut held = Vec::new();

    for _connection in 0..5 {
        let connection = database.connection().begin().await.unwrap();
        for (pragma, expected) in
            [("journal_mode", "wal"), ("synchronous", "2"), ("foreign_keys", "1"), ("busy_timeout", "1500")]
        {
            assert_eq!(value(&connection, &format!("PRAGMA {pragma}")).await, expected, "{pragma}");
        }
        held.push(connection);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_sqlite_file_is_created_with_its_directory() {
    let directory = tempfile::tempdir().unwrap();
    for url in ["sqlite:", "sqlite://"] {
        let file = directory.path().join(url.len().to_string()).join("not yet/there/tasks.db");
        let url = format!("{url}{}", file.display());

        Database::connect(&settings(&url)).await.unwrap().migrate_up().await.unwrap();

        assert!(file.is_file(), "{url}");
    }
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_new_sqlite_file_is_private() {
    let directory = tempfile::tempdir().unwrap();
    let mode = |name: &str| fs::metadata(directory.path().join(name)).unwrap().permissions().mode() & 0o777;
    let open = async |url: String| {
        let database = Database::connect(&settings(&url)).await.unwrap();
        database.migrate_up().await.unwrap();
        database
    };
    fs::write(directory.path().join("shared.db"), "").unwrap();
    fs::set_permissions(directory.path().join("shared.db"), fs::Permissions::from_mode(0o664)).unwrap();

    for (url, file, expected) in
        [("new.db", "new.db", 0o600), ("rwc.db?mode=rwc", "rwc.db", 0o600), ("shared.db", "shared.db", 0o664)]
    {
        let _open = open(format!("sqlite:{}/{url}", directory.path().display())).await;

        for name in [file.to_owned(), format!("{file}-wal"), format!("{file}-shm")] {
            assert_eq!(mode(&name), expected, "{name}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_url_with_a_mode_creates_no_sqlite_file() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("data").join("tasks.db");

    let line = failure(&format!("sqlite:{}?mode=rw", file.display())).await;

    assert!(line.contains("unable to open database file"), "{line}");
    assert_eq!(directory.path().read_dir().unwrap().count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_existing_url_creates_no_sqlite_file() {
    let directory = tempfile::tempdir().unwrap();
    let made = settings(&format!("sqlite:{}", directory.path().join("data").join("tasks.db").display()));
    let existing = DatabaseSettings { url: made.url.clone().existing(), ..made.clone() };

    let error = Database::connect(&existing).await.unwrap_err().to_string();
    assert!(error.contains("unable to open database file"), "{error}");
    assert_eq!(directory.path().read_dir().unwrap().count(), 0);

    Database::connect(&made).await.unwrap().close().await;
    Database::connect(&existing).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_may_open_a_new_sqlite_file_at_once() {
    let directory = tempfile::tempdir().unwrap();
    for round in 0..10 {
        let url = format!("sqlite:{}", directory.path().join(round.to_string()).join("tasks.db").display());
        let open = || async {
            let database = Database::connect(&settings(&url)).await.unwrap();
            database.migrate_up().await.unwrap().len()
        };

        let (a, b, c, d) = tokio::join!(open(), open(), open(), open());

        assert_eq!(a + b + c + d, Migrator::default().migrations().len());
    }
}

/// SQLite itself does not wait to switch a file to WAL.
#[tokio::test(flavor = "multi_thread")]
async fn connecting_waits_for_a_process_that_creates_the_file() {
    let directory = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", directory.path().join("tasks.db").display());
    let other: SqliteConnectOptions = url.parse().unwrap();
    let mut other = other.create_if_missing(true).connect().await.unwrap();
    other.execute("BEGIN IMMEDIATE").await.unwrap();
    let maker = tokio::spawn(async move {
        sleep(Duration::from_millis(200)).await;
        other.execute("COMMIT").await.unwrap();
    });

    Database::connect(&settings(&url)).await.unwrap();

    maker.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_in_memory_keeps_its_one_connection() {
    for url in ["sqlite::memory:", "sqlite://:memory:", "sqlite://?mode=memory"] {
        let brief = Duration::from_millis(1);
        let settings = DatabaseSettings { idle_timeout: brief, max_lifetime: brief, ..settings(url) };
        let database = Database::connect(&settings).await.unwrap();
        database.migrate_up().await.unwrap();

        sleep(Duration::from_millis(20)).await;

        let (tasks, users) = (database.tasks(), database.users());
        let (user, now) = (nobody(), FixedClock::default().now());
        let (a, b) = tokio::join!(tasks.check(), users.provision(&user, now));
        a.and(b).unwrap();
        database.check_schema().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_connection_is_reported_in_one_line() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    fs::write(&file, "not a database, and long enough to be seen not to be one".repeat(20)).unwrap();

    let line = failure(&format!("sqlite:{}", file.display())).await;
    assert_eq!(line, format!("cannot connect to SQLite file {}: file is not a database", file.display()));

    let line = failure("postgres://tasks:s3cret@127.0.0.1:1/tasks").await;
    assert!(
        line.starts_with("cannot connect to Postgres at 127.0.0.1:1, database tasks: Connection refused"),
        "{line}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_never_answers_is_given_up_at_the_limit() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let limit = Duration::from_secs(1);
    let url = format!("postgres://me@{}/tasks", silent.local_addr().unwrap());
    let settings = DatabaseSettings { start_timeout: Some(limit), ..settings(&url) };
    let begin = Instant::now();

    let line = Database::connect(&settings).await.unwrap_err().to_string();

    assert!(begin.elapsed() < limit + limit / 2, "{:?}", begin.elapsed());
    assert!(line.contains("no answer within ") && line.ends_with("(waited 1s: DATABASE_START_TIMEOUT)"), "{line}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_of_postgres_is_reported_in_one_line() {
    let Some(database) = TestDatabase::empty_postgres().await else { return };
    let mut url = url::Url::parse(database.url()).unwrap();
    url.set_password(Some("s3cret")).unwrap();
    url.set_path("no_such_database");

    let line = failure(url.as_str()).await;

    assert!(line.ends_with(r#": database "no_such_database" does not exist"#), "{line}");
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_to_postgres_have_a_name() {
    let Some(database) = TestDatabase::empty_postgres().await else { return };

    assert_eq!(database.connection().get_database_backend(), DbBackend::Postgres);
    assert_eq!(value(database.connection(), "SHOW application_name").await, "tasks-api");
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_stops_a_statement_after_its_time_limit() {
    let Some(database) = TestDatabase::postgres().await else { return };
    for executor in [ExecutorKind::Pipelined, ExecutorKind::SeaOrm] {
        let limit = Duration::from_millis(300);
        let settings = DatabaseSettings { statement_timeout: limit, executor, ..settings(database.url()) };
        let limited = Database::connect(&settings).await.unwrap();
        let lock = database.connection().begin().await.unwrap();
        lock.execute_unprepared("LOCK TABLE tasks").await.unwrap();

        let error = format!("{:?}", limited.tasks().check().await.unwrap_err());

        assert!(error.contains("canceling statement due to statement timeout (57014)"), "{executor:?}: {error}");
        lock.rollback().await.unwrap();
    }
}
