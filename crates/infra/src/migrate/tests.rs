use std::future::pending;

use async_trait::async_trait;
use migration::Migrator;
use sea_orm::{ConnectionTrait, DbErr};
use sea_orm_migration::{MigrationName, MigrationTrait, MigratorTrait, SchemaManager};
use tokio::time::{Duration, timeout};

use super::{MigrateError, migrate_up};
use crate::testing::TestDatabase;

/// The real migrations, followed by one that changes the schema and then fails or hangs.
struct Failing;
struct Hanging;
struct Last {
    hangs: bool,
}

fn migrations_and_last(hangs: bool) -> Vec<Box<dyn MigrationTrait>> {
    let mut all = Migrator::migrations();
    all.push(Box::new(Last { hangs }));
    all
}

impl MigratorTrait for Failing {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        migrations_and_last(false)
    }
}

impl MigratorTrait for Hanging {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        migrations_and_last(true)
    }
}

impl MigrationName for Last {
    fn name(&self) -> &'static str {
        "m20991231_000001_last"
    }
}

#[async_trait]
impl MigrationTrait for Last {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared("CREATE TABLE half (done integer)").await?;
        if self.hangs {
            pending::<()>().await;
        }
        manager.get_connection().execute_unprepared("CREATE TABLE half (done integer)").await?;
        Ok(())
    }
}

async fn empty_databases() -> Vec<TestDatabase> {
    [Some(TestDatabase::empty_sqlite().await), TestDatabase::empty_postgres().await].into_iter().flatten().collect()
}

async fn assert_is_empty(database: &TestDatabase) {
    for table in ["tasks", "\"user\"", "half", "seaql_migrations"] {
        let found = database.connection().execute_unprepared(&format!("SELECT 1 FROM {table}")).await;
        assert!(found.is_err(), "{table}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_migration_rolls_back_all() {
    for database in empty_databases().await {
        let error = migrate_up::<Failing>(&database).await.unwrap_err();

        assert!(matches!(&error, MigrateError::Failed(_)), "{error:?}");
        assert!(error.to_string().contains("half"), "{error}");
        assert_is_empty(&database).await;
        assert_eq!(database.migrate_up().await.unwrap().len(), Migrator::migrations().len());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn migrations_of_a_killed_process_are_applied_by_the_next() {
    for database in empty_databases().await {
        let killed = timeout(Duration::from_millis(300), migrate_up::<Hanging>(&database)).await;

        assert!(killed.is_err());
        assert_eq!(database.migrate_up().await.unwrap().len(), Migrator::migrations().len());
        assert!(database.connection().execute_unprepared("SELECT 1 FROM half").await.is_err());
        database.check_schema().await.unwrap();
    }
}
