use std::{error::Error, time::Duration};

use domain::{
    Clock, CreateOptions, Description, NewTask, RepositoryError, TaskId, TaskRepository,
    testing::{FixedClock, alice, titled},
};
use sea_orm::{ConnAcquireErr, ConnectionTrait, DbErr, TransactionTrait};

use super::{Code, DatabaseError, create_error, repository_error, sqlite_is_unavailable};
use crate::{
    Database, DatabaseSettings, DatabaseUrl,
    sql::{Kind, Statement},
    testing::TestDatabase,
};

fn is_unavailable(error: &RepositoryError) -> bool {
    matches!(error, RepositoryError::Unavailable(_))
}

/// The errors of one statement: on the connection that requests use, and on SeaORM's own.
async fn errors(database: &TestDatabase, sql: &str) -> [DatabaseError; 2] {
    let statement = Statement { sql: sql.into(), values: Vec::new(), kind: Kind::Write };
    let usual = database.connection.run(statement).await.unwrap_err();
    [usual, database.connection().execute_unprepared(sql).await.unwrap_err().into()]
}

/// The error that Postgres reports with this code.
async fn raised(database: &TestDatabase, code: &str) -> [DatabaseError; 2] {
    let raise = format!("DO $$ BEGIN RAISE 'a word' USING ERRCODE = '{code}', DETAIL = 'private'; END $$");
    errors(database, &raise).await
}

#[test]
fn temporary_codes_of_sqlite_are_unavailable() {
    // Extended codes: 261, 517 and 773 are variants of busy; 1032: read-only since the file was moved; 526: cannot open.
    assert!([5, 6, 8, 13, 14, 261, 517, 773, 1032, 526].into_iter().all(sqlite_is_unavailable));
    assert!(![0, 1, 7, 10, 11, 19, 26, 275, 787, 1299, 1555, 2067].into_iter().any(sqlite_is_unavailable));
}

#[test]
fn a_pool_without_a_free_connection_is_unavailable() {
    for reason in [ConnAcquireErr::Timeout, ConnAcquireErr::ConnectionClosed] {
        let error = repository_error(DbErr::ConnectionAcquire(reason));

        assert!(is_unavailable(&error), "{error:?}");
    }
    assert!(!is_unavailable(&repository_error(DbErr::RecordNotInserted)));
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_of_postgres_mean_the_same_over_both_connections() {
    let Some(database) = TestDatabase::postgres().await else { return };
    for (code, expected) in [
        ("53300", true),
        ("57014", true),
        ("25006", true),
        ("40P01", true),
        ("55P03", true),
        ("22001", false),
        ("23514", false),
        ("42P01", false),
    ] {
        for error in raised(&database, code).await {
            let error = repository_error(error);

            assert_eq!(is_unavailable(&error), expected, "{code}: {error:?}");
            assert!(error.source().unwrap().to_string().contains(&format!("a word ({code})")), "{error:?}");
            assert!(!format!("{error:?}").contains("private"), "{error:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_validation_gap_is_distinguished_from_other_failures() {
    let Some(database) = TestDatabase::postgres().await else { return };
    let gaps = ["22021", "22001", "22003", "22007", "22008", "23514"];
    let others = ["22012", "22P02", "23502", "23503", "23505", "42P01", "53100", "XX000"];
    for (code, is_gap) in gaps.map(|gap| (gap, true)).into_iter().chain(others.map(|other| (other, false))) {
        for error in raised(&database, code).await {
            assert_eq!(error.code(), Some(Code::Postgres(code.into())), "{error:?}");
            assert_eq!(error.is_validation_gap(), is_gap, "{error:?}");
            // The client gets an internal error either way.
            assert!(!is_gap || !is_unavailable(&repository_error(error)), "{code}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_of_sqlite_is_a_validation_gap() {
    let database = TestDatabase::sqlite().await;
    let connection = database.connection();
    connection.execute_unprepared("CREATE TABLE small (n integer UNIQUE NOT NULL CHECK (n < 3))").await.unwrap();
    connection.execute_unprepared("INSERT INTO small VALUES (1)").await.unwrap();
    for (value, expected, is_gap) in [("7", 275, true), ("1", 2067, false), ("NULL", 1299, false)] {
        for error in errors(&database, &format!("INSERT INTO small VALUES ({value})")).await {
            assert_eq!((error.code(), error.is_validation_gap()), (Some(Code::Sqlite(expected)), is_gap), "{error:?}");
            assert!(!is_unavailable(&repository_error(error)), "{value}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_postgres_ends_is_unavailable() {
    let Some(database) = TestDatabase::postgres().await else { return };

    for error in errors(&database, "SELECT pg_terminate_backend(pg_backend_pid())").await {
        let error = repository_error(error);

        assert!(is_unavailable(&error), "{error:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_create_can_lack_its_user() {
    for database in [Some(TestDatabase::sqlite().await), TestDatabase::postgres().await].into_iter().flatten() {
        let table = "CREATE TABLE note (user_id text REFERENCES \"user\"(id))";
        database.connection().execute_unprepared(table).await.unwrap();
        let orphan = || errors(&database, "INSERT INTO note VALUES ('nobody')");

        for error in orphan().await {
            let error = create_error(error);
            assert!(matches!(error, RepositoryError::UnknownOwner), "{error:?}");
        }
        for error in orphan().await {
            let error = repository_error(error);
            assert!(matches!(error, RepositoryError::Failed(_)), "{error:?}");
        }
    }
}

/// A database with one connection to the same SQLite file, on which this SQL was run. It does not wait for locks.
async fn impatient(database: &TestDatabase, pragma: &str) -> Database {
    let url = DatabaseUrl::parse(database.url()).unwrap();
    let settings = DatabaseSettings { max_connections: 1, ..DatabaseSettings::new(url) };
    let database = Database::connect(&settings).await.unwrap();
    database.pool.execute_unprepared("PRAGMA busy_timeout = 0").await.unwrap();
    database.pool.execute_unprepared(pragma).await.unwrap();
    database
}

fn task() -> (TaskId, NewTask) {
    let description = Some(Description::try_from("x".repeat(10_000)).unwrap());
    let id = TaskId::try_from("00000000-0000-7000-8000-000000000001").unwrap();
    (id, NewTask { description, ..titled("Task") })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_full_or_read_only_sqlite_file_is_unavailable() {
    let database = TestDatabase::sqlite().await;
    let (id, new) = task();
    let now = FixedClock::default().now();
    let create = async |database: &Database| {
        let outcome = database.tasks().create(&alice().id, id, &new, &CreateOptions::default(), now).await;
        assert!(outcome.as_ref().is_err_and(is_unavailable), "{outcome:?}");
    };

    let writer = database.connection().begin().await.unwrap();
    writer.execute_unprepared("UPDATE \"user\" SET name = 'Alice'").await.unwrap();
    create(&impatient(&database, "PRAGMA user_version").await).await;
    writer.rollback().await.unwrap();

    create(&impatient(&database, "PRAGMA max_page_count = 1").await).await;
    create(&impatient(&database, "PRAGMA query_only = on").await).await;

    assert_eq!(database.tasks().get(&alice().id, id).await.unwrap(), None, "nothing was stored");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_whose_connections_are_all_taken_is_unavailable() {
    let database = TestDatabase::sqlite().await;
    let settings = DatabaseSettings {
        max_connections: 1,
        acquire_timeout: Duration::from_millis(50),
        ..DatabaseSettings::new(DatabaseUrl::parse(database.url()).unwrap())
    };
    let small = Database::connect(&settings).await.unwrap();
    let _taken = small.pool.begin().await.unwrap();

    let outcome = small.tasks().get(&alice().id, task().0).await;

    assert!(outcome.as_ref().is_err_and(is_unavailable), "{outcome:?}");
}
