//! The log contains nothing private at any level. This test is its own process because it captures the whole log.

#![expect(clippy::unwrap_used, reason = "this is a test: its failure is a panic")]

use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
};

use domain::{
    Clock, CreateOptions, Description, FieldChange, NewTask, Precondition, TaskChanges, TaskId, TaskQuery,
    TaskRepository,
    testing::{FixedClock, alice, titled},
};
use infra::{Database, DatabaseSettings, DatabaseUrl, testing::TestDatabase};
use sea_orm::ConnectionTrait;
use tracing_subscriber::{filter::LevelFilter, fmt::MakeWriter};
use url::Url;

#[derive(Debug, Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(text)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

async fn connect(url: &str) -> Result<Database, infra::ConnectError> {
    let settings = DatabaseSettings::new(DatabaseUrl::parse(url).unwrap());
    Database::connect(&DatabaseSettings { start_timeout: None, ..settings }).await
}

/// Runs calls that succeed and calls that fail, with private text in every text field.
async fn use_everything(database: &Database, connection: &impl ConnectionTrait) {
    let (tasks, owner, now) = (database.tasks(), alice().id, FixedClock::default().now());
    let id = TaskId::try_from("00000000-0000-7000-8000-000000000001").unwrap();
    let text = || Description::try_from("private".to_owned()).unwrap();
    let new = NewTask { description: Some(text()), ..titled("private") };
    let changes =
        TaskChanges { title: Some(new.title.clone()), description: FieldChange::Set(text()), ..TaskChanges::default() };

    tasks.create(&owner, id, &new, &CreateOptions::default(), now).await.unwrap();
    tasks.update(&owner, id, &changes, &Precondition::None, now).await.unwrap();
    tasks.list(&owner, &TaskQuery::default()).await.unwrap();
    let mut errors = vec![tasks.create(&owner, id, &new, &CreateOptions::default(), now).await.unwrap_err()];
    connection.execute_unprepared("ALTER TABLE tasks RENAME COLUMN version TO edition").await.unwrap();
    errors.push(tasks.update(&owner, id, &changes, &Precondition::None, now).await.unwrap_err());
    for error in errors {
        tracing::error!(?error, %error, "as http would log it");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_holds_no_password_and_no_text_of_users() {
    let log = Log::default();
    let everything = tracing_subscriber::fmt().with_max_level(LevelFilter::TRACE).with_writer(log.clone()).finish();
    tracing::subscriber::set_global_default(everything).unwrap();

    let sqlite = TestDatabase::sqlite().await;
    use_everything(&sqlite, sqlite.connection()).await;
    connect("postgres://me:s3cret@127.0.0.1:1/tasks?channel_binding=s3cret&other=s3cret").await.unwrap_err();
    if let Some(postgres) = TestDatabase::postgres().await {
        let mut url = Url::parse(postgres.url()).unwrap();
        url.set_password(Some("s3cret")).unwrap();
        url.query_pairs_mut().append_pair("channel_binding", "s3cret").append_pair("other", "s3cret");
        let database = connect(url.as_str()).await.unwrap();
        use_everything(&database, postgres.connection()).await;
        database.close().await;
    }

    let log = String::from_utf8(std::mem::take(&mut *log.0.lock().unwrap())).unwrap();
    assert!(log.contains("INSERT INTO") && log.contains("DATABASE_URL"), "it was captured");
    for line in log.lines() {
        assert!(!line.contains("private") && !line.contains("s3cret"), "{line}");
    }
}
