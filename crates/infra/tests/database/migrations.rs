//! Migrations are applied and rolled back, also by several processes at once.

use infra::{Database, DatabaseSettings, DatabaseUrl, MigrateError, testing::TestDatabase};
use migration::Migrator;
use sea_orm::ConnectionTrait;
use sea_orm_migration::MigratorTraitSelf;

on_both_databases! { empty:
    migrations_are_applied_rolled_back_and_applied_again,
    migrations_are_rolled_back_one_at_a_time,
    checking_changes_nothing,
    replicas_may_migrate_at_once,
    a_schema_that_is_too_old_or_too_new_is_rejected,
}

/// The names of all migrations, oldest first.
fn steps() -> Vec<String> {
    Migrator::default().migrations().iter().map(|migration| migration.name().to_owned()).collect()
}

async fn applied(database: &Database) -> Vec<bool> {
    let states = database.migration_status().await.unwrap();
    assert!(states.iter().map(|state| &state.name).eq(&steps()));
    states.iter().map(|state| state.applied).collect()
}

async fn has_table(database: &TestDatabase, table: &str) -> bool {
    database.connection().execute_unprepared(&format!("SELECT 1 FROM {table}")).await.is_ok()
}

async fn migrations_are_applied_rolled_back_and_applied_again(database: TestDatabase) {
    let steps = steps();
    let all = |applied| vec![applied; steps.len()];
    assert_eq!(applied(&database).await, all(false));

    for _twice in 0..2 {
        assert_eq!(database.migrate_up().await.unwrap(), steps);
        assert_eq!(applied(&database).await, all(true));
        assert!(has_table(&database, "tasks").await);
        database.check_schema().await.unwrap();
        assert!(database.migrate_up().await.unwrap().is_empty(), "nothing is left to do");

        assert!(database.migrate_down(u32::MAX).await.unwrap().iter().eq(steps.iter().rev()));
        assert_eq!(applied(&database).await, all(false));
        assert!(!has_table(&database, "tasks").await);
    }
}

async fn migrations_are_rolled_back_one_at_a_time(database: TestDatabase) {
    let steps = database.migrate_up().await.unwrap();

    assert!(database.migrate_down(0).await.unwrap().is_empty());
    let (last, before) = steps.split_last().unwrap();
    assert_eq!(database.migrate_down(1).await.unwrap(), [last.as_str()]);
    assert_eq!(applied(&database).await, [vec![true; before.len()], vec![false]].concat());
    assert_eq!(database.migrate_up().await.unwrap(), [last.as_str()]);
    assert_eq!(database.migrate_down(u32::MAX).await.unwrap().len(), steps.len());
}

async fn checking_changes_nothing(database: TestDatabase) {
    database.migration_status().await.unwrap();
    database.check_schema().await.unwrap_err();

    assert!(!has_table(&database, "tasks_api_migrations").await);
}

async fn replicas_may_migrate_at_once(database: TestDatabase) {
    let replica = || async {
        let settings = DatabaseSettings::new(DatabaseUrl::parse(database.url()).unwrap());
        let replica = Database::connect(&settings).await.unwrap();
        let applied = replica.migrate_up().await.unwrap();
        replica.check_schema().await.unwrap();
        applied
    };

    let (a, b, c, d) = tokio::join!(replica(), replica(), replica(), replica());

    assert_eq!([a, b, c, d].concat(), steps(), "each step is taken once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_of_another_program_is_named_with_the_remedy() {
    let Some(database) = TestDatabase::empty_postgres().await else { return };
    database.connection().execute_unprepared("CREATE TABLE tasks (id integer)").await.unwrap();

    let refused = database.migrate_up().await.unwrap_err().to_string();

    assert!(
        refused.contains(r#"relation "tasks" already exists"#) && refused.contains("set DATABASE_SCHEMA"),
        "{refused}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_only_has_the_name_of_a_history_is_passed_over() {
    for database in [Some(TestDatabase::empty_sqlite().await), TestDatabase::empty_postgres().await] {
        let Some(database) = database else { continue };
        database.connection().execute_unprepared("CREATE TABLE seaql_migrations (name text)").await.unwrap();

        assert_eq!(database.migrate_up().await.unwrap(), steps());
    }
}

async fn a_schema_that_is_too_old_or_too_new_is_rejected(database: TestDatabase) {
    let line = |error: MigrateError| error.to_string();
    assert_eq!(
        line(database.check_schema().await.unwrap_err()),
        format!("the database is older than this program: run `tasks-api migrate up` to apply {}", steps().join(", "))
    );

    database.migrate_up().await.unwrap();
    let newer = "INSERT INTO tasks_api_migrations VALUES ('m20991231_000001_future', 0)";
    database.connection().execute_unprepared(newer).await.unwrap();

    let newer = "the database is newer than this program: use a `tasks-api` that knows m20991231_000001_future";
    assert_eq!(line(database.check_schema().await.unwrap_err()), newer);
    assert_eq!(line(database.migration_status().await.unwrap_err()), newer);
    assert_eq!(line(database.migrate_up().await.unwrap_err()), newer);
    assert_eq!(line(database.migrate_down(1).await.unwrap_err()), newer);
    assert!(has_table(&database, "tasks").await);
}
