//! A schema of the service's own: of the setting, or of the database's URL.

use domain::{TaskQuery, TaskRepository, testing::alice};
use infra::testing::TestDatabase;
use sea_orm::ConnectionTrait;

use crate::{
    connect::value,
    layouts::{opened, table_of_users},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_schema_of_its_own_is_created_used_and_left() {
    let Some(home) = TestDatabase::empty_postgres().await else { return };
    let database = opened(home.url(), |settings| settings.schema = Some("own".to_owned())).await;
    assert!(database.migration_status().await.unwrap().iter().all(|state| !state.applied));

    let applied = database.migrate_up().await.unwrap();

    let tables = "SELECT string_agg(schemaname || '.' || tablename, ' ' ORDER BY schemaname, tablename) \
                  FROM pg_tables WHERE schemaname IN ('own', 'public')";
    let expected = "own.idempotency_keys own.tasks own.tasks_api_migrations public.user";
    assert_eq!(value(home.connection(), tables).await, expected);
    database.check_schema().await.unwrap();
    assert_eq!(database.migrate_down(u32::MAX).await.unwrap().len(), applied.len());
    assert_eq!(value(home.connection(), "SELECT count(*) FROM pg_tables WHERE tablename = 'tasks'").await, "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_in_another_schema_than_the_setting_are_reported() {
    let Some(home) = TestDatabase::postgres().await else { return };
    let database = opened(home.url(), |settings| settings.schema = Some("own".to_owned())).await;

    for line in [
        database.migrate_up().await.unwrap_err().to_string(),
        database.check_schema().await.unwrap_err().to_string(),
        database.with_layout().await.unwrap_err().to_string(),
    ] {
        assert!(line.contains("DATABASE_SCHEMA=public") && line.contains("not in own"), "{line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_schema_of_a_prisma_url_holds_the_tables() {
    let Some(home) = TestDatabase::empty_postgres().await else { return };
    home.connection().execute_unprepared("CREATE SCHEMA app").await.unwrap();
    home.connection().execute_unprepared(&table_of_users("app.\"user\"", "text")).await.unwrap();
    let sign = if home.url().contains('?') { '&' } else { '?' };
    let database = opened(&format!("{}{sign}schema=app", home.url()), |_| {}).await;

    database.migrate_up().await.unwrap();

    let refers = "SELECT confrelid::regclass::text FROM pg_constraint WHERE conname = 'tasks_user_id_fkey' AND conrelid = 'app.tasks'::regclass";
    assert_eq!(value(home.connection(), refers).await, "app.\"user\"");
    let tasks = database.with_layout().await.unwrap().tasks();
    tasks.list(&alice().id, &TaskQuery::default()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_program_records_in_another_schema_is_not_read() {
    let Some(home) = TestDatabase::empty_postgres().await else { return };
    let database = opened(home.url(), |settings| settings.schema = Some("own".to_owned())).await;
    database.migrate_up().await.unwrap();
    let other = "CREATE TABLE public.seaql_migrations (with_other_columns integer)";
    home.connection().execute_unprepared(other).await.unwrap();

    database.check_schema().await.unwrap();
}
