use std::future::pending;

use async_trait::async_trait;
use migration::Migrator;
use sea_orm::{ConnectionTrait, DbErr, DynIden};
use sea_orm_migration::{MigrationName, MigrationTrait, MigratorTraitSelf, SchemaManager};
use tokio::time::{Duration, timeout};

use super::{begin_exclusively, migrate_up, names_of_all};
use crate::{MigrateError, layout::strings, testing::TestDatabase};

/// The real migrations, followed by one that changes the schema and then fails or hangs.
struct AndLast {
    migrator: Migrator,
    hangs: bool,
}

struct Last {
    hangs: bool,
}

impl MigratorTraitSelf for AndLast {
    fn migrations(&self) -> Vec<Box<dyn MigrationTrait>> {
        let mut all = self.migrator.migrations();
        all.push(Box::new(Last { hangs: self.hangs }));
        all
    }

    fn migration_table_name(&self) -> DynIden {
        self.migrator.migration_table_name()
    }
}

async fn migrate_up_and_last(database: &TestDatabase, hangs: bool) -> Result<Vec<String>, MigrateError> {
    let names = [names_of_all(), vec![Last { hangs }.name().to_owned()]].concat();
    migrate_up(database, &names, |users| AndLast { migrator: Migrator::new(users), hangs }).await
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
    for table in ["tasks", "\"user\"", "half", "tasks_api_migrations", "seaql_migrations"] {
        let found = database.connection().execute_unprepared(&format!("SELECT 1 FROM {table}")).await;
        assert!(found.is_err(), "{table}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_migration_rolls_back_all() {
    for database in empty_databases().await {
        let error = migrate_up_and_last(&database, false).await.unwrap_err();

        assert!(matches!(&error, MigrateError::Failed(_)), "{error:?}");
        assert!(error.to_string().contains("half"), "{error}");
        assert_is_empty(&database).await;
        assert_eq!(database.migrate_up().await.unwrap().len(), names_of_all().len());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn migrations_of_a_killed_process_are_applied_by_the_next() {
    for database in empty_databases().await {
        let killed = timeout(Duration::from_millis(300), migrate_up_and_last(&database, true)).await;

        assert!(killed.is_err());
        assert_eq!(database.migrate_up().await.unwrap().len(), names_of_all().len());
        assert!(database.connection().execute_unprepared("SELECT 1 FROM half").await.is_err());
        database.check_schema().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn on_citus_migrations_change_one_shard_at_a_time() {
    let Some(database) = TestDatabase::empty_postgres().await else { return };
    let mode = async || {
        let transaction = begin_exclusively(&database).await.unwrap();
        let mode = "SELECT coalesce(current_setting('citus.multi_shard_modify_mode', true), '')".to_owned();
        strings(&transaction, mode, []).await.unwrap().concat()
    };
    assert_eq!(mode().await, "");

    database.pretend_citus().await;

    assert_eq!(mode().await, "sequential");
}
