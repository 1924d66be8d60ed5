use std::time::Duration;

use domain::{Readiness, RepositoryError};
use sea_orm::ConnectionTrait;

use super::SchemaReadiness;
use crate::testing::TestDatabase;

async fn databases() -> Vec<TestDatabase> {
    [Some(TestDatabase::sqlite().await), TestDatabase::postgres().await].into_iter().flatten().collect()
}

/// One that believes no earlier answer.
fn doubtful(database: &TestDatabase) -> SchemaReadiness {
    SchemaReadiness { good_for: Duration::ZERO, ..database.schema() }
}

async fn add_unknown_step(database: &TestDatabase) {
    let newer = "INSERT INTO seaql_migrations VALUES ('m20991231_000001_future', 0)";
    database.connection().execute_unprepared(newer).await.unwrap();
}

fn assert_is_another_schema(outcome: &Result<(), RepositoryError>, word: &str) {
    let Err(RepositoryError::Failed(cause)) = outcome else { panic!("{outcome:?}") };
    assert!(cause.to_string().contains(word), "{cause}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schema_that_is_older_than_the_program_is_not_ready_and_a_newer_one_is() {
    for database in databases().await {
        let schema = doubtful(&database);
        schema.check().await.unwrap();

        database.migrate_down(1).await.unwrap();
        assert_is_another_schema(&schema.check().await, "older than this program");

        database.migrate_up().await.unwrap();
        schema.check().await.unwrap();
        add_unknown_step(&database).await;
        schema.check().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schema_that_was_right_a_moment_ago_is_not_looked_at_again() {
    let database = TestDatabase::sqlite().await;
    let schema = database.schema();
    schema.check().await.unwrap();

    database.migrate_down(1).await.unwrap();

    schema.check().await.unwrap();
    assert_is_another_schema(&database.schema().check().await, "older");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_cannot_be_asked_is_out_of_reach() {
    for database in databases().await {
        database.close().await;

        let outcome = doubtful(&database).check().await;

        assert!(matches!(outcome, Err(RepositoryError::Unavailable(_))), "{outcome:?}");
    }
}
