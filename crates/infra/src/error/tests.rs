use std::{error::Error, time::Duration};

use domain::{
    Clock, CreateOptions, Description, NewTask, RepositoryError, TaskId, TaskRepository, Title,
    testing::{FixedClock, alice},
};
use sea_orm::{ConnAcquireErr, ConnectionTrait, DbErr, TransactionTrait};

use super::{
    code, creation_error, is_validation_gap, postgres_is_out_of_reach, repository_error, sqlite_is_out_of_reach,
};
use crate::{Database, DatabaseSettings, DatabaseUrl, testing::TestDatabase};

#[test]
fn states_of_postgres_that_pass_are_out_of_reach() {
    let passing = [
        "08000", "08003", "08006", "08P01", "25006", "40001", "40P01", "53000", "53100", "53200", "53300", "55P03",
        "57014", "57P01", "57P02", "57P03", "57P05",
    ];
    let lasting = [
        "22001", "22003", "22007", "22008", "22021", "23502", "23503", "23505", "23514", "25P02", "26000", "28P01",
        "42501", "42601", "42703", "42P01", "42P05", "55000", "XX000", "",
    ];

    assert!(passing.iter().all(|state| postgres_is_out_of_reach(state)));
    assert!(!lasting.iter().any(|state| postgres_is_out_of_reach(state)));
}

#[test]
fn codes_of_sqlite_that_pass_are_out_of_reach() {
    // Also 261, 517 and 773: busy, and more about it; 1032: read only since the file was moved; 526: cannot open.
    assert!([5, 6, 8, 13, 14, 261, 517, 773, 1032, 526].into_iter().all(sqlite_is_out_of_reach));
    assert!(![0, 1, 7, 10, 11, 19, 26, 275, 787, 1299, 1555, 2067].into_iter().any(sqlite_is_out_of_reach));
}

#[test]
fn a_pool_without_a_free_connection_is_out_of_reach() {
    for reason in [ConnAcquireErr::Timeout, ConnAcquireErr::ConnectionClosed] {
        let error = repository_error(DbErr::ConnectionAcquire(reason));

        assert!(matches!(error, RepositoryError::Unavailable(_)), "{error:?}");
    }
    assert!(matches!(repository_error(DbErr::RecordNotInserted), RepositoryError::Failed(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_postgres_says_is_understood_and_kept() {
    let Some(database) = TestDatabase::postgres().await else { return };
    for (state, out_of_reach) in [("53300", true), ("57014", true), ("25006", true), ("22001", false), ("23514", false)]
    {
        let raise = format!("DO $$ BEGIN RAISE 'a word' USING ERRCODE = '{state}', DETAIL = 'private'; END $$");
        let error = repository_error(database.connection().execute_unprepared(&raise).await.unwrap_err());

        assert_eq!(matches!(error, RepositoryError::Unavailable(_)), out_of_reach, "{state}: {error:?}");
        assert!(error.source().unwrap().to_string().contains("a word"), "{error:?}");
        assert!(!format!("{error:?}").contains("private"), "{error:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_validation_should_have_refused_is_told_from_what_nobody_can_foresee() {
    let Some(database) = TestDatabase::postgres().await else { return };
    let gaps = ["22021", "22001", "22003", "22007", "22008", "23514"];
    let others = ["22012", "22P02", "23502", "23503", "23505", "40001", "42P01", "53100", "XX000"];
    for (state, is_gap) in gaps.map(|gap| (gap, true)).into_iter().chain(others.map(|other| (other, false))) {
        let raise = format!("DO $$ BEGIN RAISE 'a word' USING ERRCODE = '{state}'; END $$");
        let error = database.connection().execute_unprepared(&raise).await.unwrap_err();

        assert_eq!((is_validation_gap(&error), code(&error).as_deref()), (is_gap, Some(state)), "{error:?}");
        // To the client it is a defect, whatever it is to us.
        assert!(!is_gap || matches!(repository_error(error), RepositoryError::Failed(_)), "{state}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn on_sqlite_a_check_is_what_validation_should_have_refused() {
    let database = TestDatabase::sqlite().await;
    let connection = database.connection();
    connection.execute_unprepared("CREATE TABLE small (n integer UNIQUE NOT NULL CHECK (n < 3))").await.unwrap();
    connection.execute_unprepared("INSERT INTO small VALUES (1)").await.unwrap();
    for (value, expected, is_gap) in [("7", "275", true), ("1", "2067", false), ("NULL", "1299", false)] {
        let insert = format!("INSERT INTO small VALUES ({value})");
        let error = connection.execute_unprepared(&insert).await.unwrap_err();

        assert_eq!((code(&error).as_deref(), is_validation_gap(&error)), (Some(expected), is_gap), "{error:?}");
        assert!(matches!(repository_error(error), RepositoryError::Failed(_)), "{value}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_postgres_ends_is_out_of_reach() {
    let Some(database) = TestDatabase::postgres().await else { return };

    let connection = &database.connection;
    let end = connection.execute_unprepared("SELECT pg_terminate_backend(pg_backend_pid())").await;

    let error = repository_error(end.unwrap_err());
    assert!(matches!(error, RepositoryError::Unavailable(_)), "{error:?}");
    connection.execute_unprepared("SELECT 1").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_creation_can_lack_its_user() {
    for database in [Some(TestDatabase::sqlite().await), TestDatabase::postgres().await].into_iter().flatten() {
        let connection = database.connection();
        connection.execute_unprepared("CREATE TABLE note (user_id text REFERENCES \"user\"(id))").await.unwrap();
        let orphan = || connection.execute_unprepared("INSERT INTO note VALUES ('nobody')");

        let on_creation = creation_error(orphan().await.unwrap_err());
        assert!(matches!(on_creation, RepositoryError::UnknownOwner), "{on_creation:?}");
        let elsewhere = repository_error(orphan().await.unwrap_err());
        assert!(matches!(elsewhere, RepositoryError::Failed(_)), "{elsewhere:?}");
    }
}

/// One connection to an SQLite file, which waits for nobody.
async fn impatient(database: &TestDatabase) -> Database {
    let url = DatabaseUrl::parse(database.url()).unwrap();
    let settings = DatabaseSettings { max_connections: 1, ..DatabaseSettings::new(url) };
    let database = Database::connect(&settings).await.unwrap();
    database.connection.execute_unprepared("PRAGMA busy_timeout = 0").await.unwrap();
    database
}

fn task() -> (TaskId, NewTask) {
    let description = Description::try_from("x".repeat(10_000)).unwrap();
    let task = NewTask { title: Title::try_from("Task").unwrap(), description: Some(description), completed: false };
    (TaskId::try_from("00000000-0000-7000-8000-000000000001").unwrap(), task)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_sqlite_file_that_is_busy_full_or_read_only_is_out_of_reach() {
    let database = TestDatabase::sqlite().await;
    let (id, new) = task();
    let now = FixedClock::default().now();
    let refused = async |database: &Database| {
        let outcome = database.tasks().create(&alice().id, id, &new, &CreateOptions::default(), now).await;
        assert!(matches!(outcome, Err(RepositoryError::Unavailable(_))), "{outcome:?}");
    };

    let busy = impatient(&database).await;
    let writer = database.connection().begin().await.unwrap();
    writer.execute_unprepared("UPDATE \"user\" SET name = 'Alice'").await.unwrap();
    refused(&busy).await;
    writer.rollback().await.unwrap();

    let full = impatient(&database).await;
    full.connection.execute_unprepared("PRAGMA max_page_count = 1").await.unwrap();
    refused(&full).await;

    let read_only = impatient(&database).await;
    read_only.connection.execute_unprepared("PRAGMA query_only = on").await.unwrap();
    refused(&read_only).await;

    assert_eq!(database.tasks().get(&alice().id, id).await.unwrap(), None, "nothing of it took place");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_whose_connections_are_all_taken_is_out_of_reach() {
    let database = TestDatabase::sqlite().await;
    let url = DatabaseUrl::parse(database.url()).unwrap();
    let settings = DatabaseSettings {
        max_connections: 1,
        acquire_timeout: Duration::from_millis(50),
        ..DatabaseSettings::new(url)
    };
    let small = Database::connect(&settings).await.unwrap();
    let _taken = small.pool.begin().await.unwrap();

    let outcome = small.tasks().get(&alice().id, task().0).await;

    assert!(matches!(outcome, Err(RepositoryError::Unavailable(_))), "{outcome:?}");
}
