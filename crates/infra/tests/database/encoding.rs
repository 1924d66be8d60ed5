//! Every text can be stored: the database and the connections to it use Unicode.

use domain::{
    Clock, CreateOptions, IdSource, Precondition, TaskRepository, UserProvisioner,
    testing::{FixedClock, SequentialIds, alice, titled},
};
use infra::{Database, DatabaseSettings, DatabaseUrl, ExecutorKind, testing::TestDatabase};
use sea_orm::ConnectionTrait;
use sqlx::{ConnectOptions, Executor, sqlite::SqliteConnectOptions};

async fn connected(url: &str, executor: ExecutorKind) -> Database {
    let settings = DatabaseSettings { executor, ..DatabaseSettings::new(DatabaseUrl::parse(url).unwrap()) };
    Database::connect(&settings).await.unwrap()
}

async fn keeps_every_letter(database: &Database) {
    let (task, now) = (titled("é 水 😀"), FixedClock::default().now());
    let id = SequentialIds::default().next(now).into();
    database.tasks().create(&alice().id, id, &task, &CreateOptions::default(), now).await.unwrap();

    assert_eq!(database.tasks().get(&alice().id, id).await.unwrap().unwrap().title, task.title);
    database.tasks().delete(&alice().id, id, &Precondition::None).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_in_another_encoding_is_refused() {
    let Some(database) = TestDatabase::empty_postgres().await else { return };
    let mut url = url::Url::parse(database.url()).unwrap();
    for encoding in ["LATIN1", "EUC_JP", "SQL_ASCII"] {
        let name = format!("{}_{}", url.path().trim_start_matches('/'), encoding.to_lowercase());
        let create =
            format!("CREATE DATABASE {name} ENCODING '{encoding}' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'");
        database.connection().execute_unprepared(&create).await.unwrap();
        url.set_path(&name);

        let refused = Database::connect(&DatabaseSettings::new(DatabaseUrl::parse(url.as_str()).unwrap())).await;

        database.connection().execute_unprepared(&format!("DROP DATABASE {name} WITH (FORCE)")).await.unwrap();
        let line = refused.unwrap_err().to_string();
        let says = format!(
            "database {name}: its encoding is {encoding} and must be UTF8: create another with CREATE DATABASE"
        );
        assert!(line.contains(&says), "{line}");
        url = url::Url::parse(database.url()).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_encoding_of_the_role_does_not_matter() {
    let Some(database) = TestDatabase::postgres().await else { return };
    let set =
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET client_encoding = LATIN1', current_database()); END $$";
    database.connection().execute_unprepared(set).await.unwrap();

    for executor in [ExecutorKind::Pipelined, ExecutorKind::SeaOrm] {
        keeps_every_letter(&connected(database.url(), executor).await).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_in_utf_16_works() {
    let directory = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", directory.path().join("tasks.db").display());
    let options: SqliteConnectOptions = url.parse().unwrap();
    let mut other = options.create_if_missing(true).pragma("encoding", "'UTF-16'").connect().await.unwrap();
    other.execute("CREATE TABLE other (id integer)").await.unwrap();
    let database = connected(&url, ExecutorKind::default()).await;

    database.migrate_up().await.unwrap();
    database.users().provision(&alice(), FixedClock::default().now()).await.unwrap();

    keeps_every_letter(&database).await;
}
