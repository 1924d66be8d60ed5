//! Applying migrations and rolling them back.

use domain::BoxError;
use migration::Migrator;
use sea_orm::{
    ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, DeriveIden, SqliteTransactionMode, TransactionOptions,
    TransactionTrait,
    sea_query::{Order, Query},
};
use sea_orm_migration::{MigratorTrait, SchemaManager};

use crate::{Database, error::DatabaseError};

/// A migration and its state in the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationState {
    /// The migration's name. Names sort by age.
    pub name: String,
    /// Whether it was applied.
    pub applied: bool,
}

/// The schema could not be changed, or is not the one that this program needs. The message is one line that says what to do.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// The database lacks migrations that this program needs.
    #[error("the database is older than this program: run `tasks-api migrate up` to apply {}", .0.join(", "))]
    Pending(Vec<String>),
    /// The database has migrations that this program does not know.
    #[error("the database is newer than this program: use a `tasks-api` that knows {}", .0.join(", "))]
    Newer(Vec<String>),
    /// A migration does not support the present state of the database. Nothing was changed.
    #[error("{0}")]
    Rejected(String),
    /// The database could not be reached, or a migration failed. Nothing was changed.
    #[error("the database's schema could not be read or changed: {0}")]
    Failed(BoxError),
}

impl From<DbErr> for MigrateError {
    fn from(error: DbErr) -> Self {
        match error {
            DbErr::Migration(reason) => Self::Rejected(reason),
            error => Self::Failed(DatabaseError::from(error).into()),
        }
    }
}

/// The table in which sea-orm-migration records applied migrations.
#[derive(DeriveIden)]
enum SeaqlMigrations {
    Table,
    Version,
}

impl Database {
    /// Applies the migrations that are missing and returns their names, oldest first.
    ///
    /// Applies all of them or none. Any number of processes may call this at once: one of them works at a time. If it is
    /// killed, the next one applies the missing migrations.
    ///
    /// # Errors
    ///
    /// [`MigrateError::Newer`] and [`MigrateError::Failed`].
    pub async fn migrate_up(&self) -> Result<Vec<String>, MigrateError> {
        migrate_up::<Migrator>(self).await
    }

    /// Rolls back the last `count` migrations, all or none, and returns their names, newest first.
    ///
    /// This deletes the data in their tables. `"user"` stays.
    ///
    /// # Errors
    ///
    /// [`MigrateError::Newer`] and [`MigrateError::Failed`].
    pub async fn migrate_down(&self, count: u32) -> Result<Vec<String>, MigrateError> {
        let transaction = begin_exclusively(self).await?;
        let mut rolled_back: Vec<String> = states::<Migrator, _>(&transaction)
            .await?
            .into_iter()
            .filter(|state| state.applied)
            .map(|state| state.name)
            .collect();
        rolled_back.reverse();
        rolled_back.truncate(usize::try_from(count).unwrap_or(usize::MAX));
        Migrator::down(&transaction, Some(count)).await?;
        transaction.commit().await?;
        Ok(rolled_back)
    }

    /// All migrations, oldest first. Changes nothing.
    ///
    /// # Errors
    ///
    /// [`MigrateError::Newer`] and [`MigrateError::Failed`].
    pub async fn migration_status(&self) -> Result<Vec<MigrationState>, MigrateError> {
        states::<Migrator, _>(&self.pool).await
    }

    /// Succeeds if the schema is the one that this program needs. Changes nothing.
    ///
    /// # Errors
    ///
    /// Every [`MigrateError`].
    pub async fn check_schema(&self) -> Result<(), MigrateError> {
        let pending = pending(self.migration_status().await?);
        if pending.is_empty() { Ok(()) } else { Err(MigrateError::Pending(pending)) }
    }
}

pub(crate) async fn migrate_up<M: MigratorTrait>(database: &Database) -> Result<Vec<String>, MigrateError> {
    let transaction = begin_exclusively(database).await?;
    let pending = pending(states::<M, _>(&transaction).await?);
    if !pending.is_empty() {
        M::up(&transaction, None).await?;
        transaction.commit().await?;
    }
    Ok(pending)
}

/// Begins a transaction with a lock that one process at a time can hold. The lock is released with the transaction, even if the
/// process is killed.
async fn begin_exclusively(database: &Database) -> Result<DatabaseTransaction, DbErr> {
    /// The key of the lock: the letters `tasks` as a number, which nothing else in this database uses.
    const LOCK: &str = "SELECT pg_advisory_xact_lock(499967226739)";
    // On SQLite, `IMMEDIATE` is the lock.
    let transaction = database.pool.begin_with_options(immediate()).await?;
    if transaction.get_database_backend() == DbBackend::Postgres {
        transaction.execute_unprepared(LOCK).await?;
    }
    Ok(transaction)
}

/// On SQLite a transaction that writes from its begin on. One that begins with a read may fail to get the write lock later.
pub(crate) fn immediate() -> TransactionOptions {
    TransactionOptions { sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate), ..Default::default() }
}

async fn states<M: MigratorTrait, C>(connection: &C) -> Result<Vec<MigrationState>, MigrateError>
where
    C: ConnectionTrait,
    for<'c> &'c C: sea_orm_migration::IntoSchemaManagerConnection<'c>,
{
    let applied = applied(connection).await?;
    let known: Vec<String> = M::migrations().iter().map(|migration| migration.name().to_owned()).collect();
    let newer: Vec<String> = applied.iter().filter(|name| !known.contains(name)).cloned().collect();
    if !newer.is_empty() {
        return Err(MigrateError::Newer(newer));
    }
    Ok(known.into_iter().map(|name| MigrationState { applied: applied.contains(&name), name }).collect())
}

/// The names of the applied migrations.
#[expect(clippy::disallowed_methods, reason = "migrations have no owner")]
async fn applied<C>(connection: &C) -> Result<Vec<String>, DbErr>
where
    C: ConnectionTrait,
    for<'c> &'c C: sea_orm_migration::IntoSchemaManagerConnection<'c>,
{
    if !SchemaManager::new(connection).has_table("seaql_migrations").await? {
        return Ok(Vec::new());
    }
    let names = Query::select()
        .column(SeaqlMigrations::Version)
        .from(SeaqlMigrations::Table)
        .order_by(SeaqlMigrations::Version, Order::Asc)
        .to_owned();
    connection.query_all(&names).await?.iter().map(|row| row.try_get("", "version")).collect()
}

fn pending(states: Vec<MigrationState>) -> Vec<String> {
    states.into_iter().filter(|state| !state.applied).map(|state| state.name).collect()
}

#[cfg(test)]
mod tests;
