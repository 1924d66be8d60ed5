//! Tables that another program has dropped are noticed, with the remedy.

use domain::Readiness;
use infra::{Database, testing::TestDatabase};
use sea_orm::ConnectionTrait;

use crate::layouts::{opened, table_of_users};

on_both_databases! { a_table_that_was_dropped_is_named_with_the_remedy, }

/// What the start, the readiness check and `migrate up` say, which is the same.
async fn complaint(database: &Database) -> String {
    let complaint = database.check_schema().await.unwrap_err().to_string();
    assert_eq!(database.migrate_up().await.unwrap_err().to_string(), complaint);
    assert!(format!("{:?}", database.schema().check().await.unwrap_err()).contains("docs/troubleshooting.md#"));
    assert_eq!(complaint.lines().count(), 1);
    complaint
}

async fn a_table_that_was_dropped_is_named_with_the_remedy(database: TestDatabase) {
    for table in ["idempotency_keys", "tasks"] {
        database.connection().execute_unprepared(&format!("DROP TABLE {table}")).await.unwrap();

        let line = complaint(&database).await;

        assert!(line.starts_with(&format!("the database lacks {table}, which migrations have created: ")), "{line}");
        assert!(line.ends_with("(docs/troubleshooting.md#missing-tables)"), "{line}");
        assert!(!database.migrate_down(99).await.unwrap().is_empty());
        assert!(!database.migrate_up().await.unwrap().is_empty());
        database.check_schema().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_of_users_that_was_made_again_gets_its_references() {
    for schema in [None, Some("my tasks")] {
        let Some(home) = TestDatabase::empty_postgres().await else { return };
        let database = opened(home.url(), |settings| settings.schema = schema.map(str::to_owned)).await;
        database.migrate_up().await.unwrap();
        home.connection().execute_unprepared(r#"DROP TABLE "user" CASCADE"#).await.unwrap();
        let line = complaint(&database).await;
        assert!(line.contains("idempotency_keys refer: let Better Auth make its tables, and "), "{line}");
        home.connection().execute_unprepared(&table_of_users(r#""user""#, "text")).await.unwrap();

        let line = complaint(&database).await;

        assert!(line.contains("ADD CONSTRAINT tasks_user_id_fkey FOREIGN KEY (user_id) REFERENCES "), "{line}");
        let (_, remedy) = line.split_once(": run ").unwrap();
        let (remedy, _) = remedy.split_once(" (docs/troubleshooting.md#foreign-key)").unwrap();
        home.connection().execute_unprepared(remedy).await.unwrap();
        database.check_schema().await.unwrap();
        database.schema().check().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_table_of_users_is_reported_on_sqlite() {
    let database = TestDatabase::sqlite().await;
    database.connection().execute_unprepared(r#"DROP TABLE "user""#).await.unwrap();

    let line = complaint(&database).await;

    assert!(line.contains("refer: let Better Auth make its tables, and "), "{line}");
    database.connection().execute_unprepared(&table_of_users(r#""user""#, "text")).await.unwrap();
    database.check_schema().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rollback_leaves_another_programs_table_alone() {
    let Some(home) = TestDatabase::empty_postgres().await else { return };
    let database = opened(home.url(), |settings| settings.schema = Some("own".to_owned())).await;
    database.migrate_up().await.unwrap();
    home.connection().execute_unprepared("DROP TABLE own.tasks; CREATE TABLE public.tasks (id text)").await.unwrap();

    database.migrate_down(99).await.unwrap();

    home.connection().execute_unprepared("SELECT FROM public.tasks").await.unwrap();
}
