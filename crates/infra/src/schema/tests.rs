use std::time::Duration;

use domain::{Readiness, RepositoryError};
use sea_orm::ConnectionTrait;

use super::SchemaReadiness;
use crate::testing::TestDatabase;

async fn databases() -> Vec<TestDatabase> {
    [Some(TestDatabase::sqlite().await), TestDatabase::postgres().await].into_iter().flatten().collect()
}

/// A check that never reuses a result.
fn unbuffered(database: &TestDatabase) -> SchemaReadiness {
    SchemaReadiness { reused_for: Duration::ZERO, ..database.schema() }
}

async fn add_unknown_migration(database: &TestDatabase) {
    let newer = "INSERT INTO tasks_api_migrations VALUES ('m20991231_000001_future', 0)";
    database.connection().execute_unprepared(newer).await.unwrap();
}

fn assert_is_another_schema(outcome: &Result<(), RepositoryError>, word: &str) {
    let Err(RepositoryError::Failed(cause)) = outcome else { panic!("{outcome:?}") };
    assert!(cause.to_string().contains(word), "{cause}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_schema_is_not_ready_and_a_newer_one_is() {
    for database in databases().await {
        let schema = unbuffered(&database);
        schema.check().await.unwrap();

        database.migrate_down(1).await.unwrap();
        assert_is_another_schema(&schema.check().await, "older than this program");

        database.migrate_up().await.unwrap();
        schema.check().await.unwrap();
        add_unknown_migration(&database).await;
        schema.check().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_successful_check_is_reused() {
    let database = TestDatabase::sqlite().await;
    let schema = database.schema();
    schema.check().await.unwrap();

    database.migrate_down(1).await.unwrap();

    schema.check().await.unwrap();
    assert_is_another_schema(&database.schema().check().await, "older");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_database_is_unavailable() {
    for database in databases().await {
        database.close().await;

        let outcome = unbuffered(&database).check().await;

        assert!(matches!(outcome, Err(RepositoryError::Unavailable(_))), "{outcome:?}");
    }
}
