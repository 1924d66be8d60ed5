//! Applying migrations and rolling them back.

mod history;
mod intact;

use migration::{Migrator, Users};
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, TransactionTrait};
use sea_orm_migration::MigratorTraitSelf;

pub(crate) use history::{History, names_of_all};

use crate::{
    Database, MigrateError,
    access::{self, Need},
    grants::{self, NewTables, own_tables},
    layout,
    sql::immediate,
};

/// A migration and its state in the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationState {
    /// The migration's name. Names sort by age.
    pub name: String,
    /// Whether it was applied.
    pub applied: bool,
}

impl Database {
    /// Applies the migrations that are missing and returns their names, oldest first.
    ///
    /// Applies all of them or none. Any number of processes may call this at once: one of them works at a time. If it is
    /// killed, the next one applies the missing migrations.
    ///
    /// # Errors
    ///
    /// All but [`MigrateError::Pending`] and [`MigrateError::Denied`].
    pub async fn migrate_up(&self) -> Result<Vec<String>, MigrateError> {
        migrate_up(self, &names_of_all(), Migrator::new).await
    }

    /// Rolls back the last `count` migrations, all or none, and returns their names, newest first.
    ///
    /// This deletes the data in their tables, as far as they exist. The table of users stays.
    ///
    /// # Errors
    ///
    /// All but [`MigrateError::Pending`] and [`MigrateError::Denied`].
    pub async fn migrate_down(&self, count: u32) -> Result<Vec<String>, MigrateError> {
        let transaction = begin_exclusively(self).await?;
        let history = History::read(&transaction, &self.wanted).await?;
        let mut rolled_back: Vec<String> = states(&history, &names_of_all())?
            .into_iter()
            .filter(|state| state.applied)
            .map(|state| state.name)
            .collect();
        rolled_back.reverse();
        rolled_back.truncate(usize::try_from(count).unwrap_or(usize::MAX));
        if !rolled_back.is_empty() {
            history.enter_alone(&transaction).await?;
            history.carry_over(&transaction).await?;
            Migrator::default().down(&transaction, Some(count)).await?;
            history.forget_shared(&transaction, &rolled_back).await?;
            transaction.commit().await?;
        }
        Ok(rolled_back)
    }

    /// All migrations, oldest first. Changes nothing.
    ///
    /// # Errors
    ///
    /// All but [`MigrateError::Pending`] and [`MigrateError::Denied`].
    pub async fn migration_status(&self) -> Result<Vec<MigrationState>, MigrateError> {
        states(&History::read(&self.pool, &self.wanted).await?, &names_of_all())
    }

    /// Succeeds if the schema is the one that this program needs. Changes nothing.
    ///
    /// # Errors
    ///
    /// Every [`MigrateError`].
    pub async fn check_schema(&self) -> Result<(), MigrateError> {
        access::check(&self.pool, &Need::of_own_tables(self.wanted.schema.as_deref())).await?;
        self.check_migrations().await
    }

    /// The same for a role that may use the tables.
    pub(crate) async fn check_migrations(&self) -> Result<(), MigrateError> {
        let history = History::read(&self.pool, &self.wanted).await?;
        let pending = pending(states(&history, &names_of_all())?);
        if !pending.is_empty() {
            return Err(MigrateError::Pending(pending));
        }
        intact::check(&self.pool, &self.wanted, history.schema()).await
    }
}

/// Applies the migrations with these names that are missing.
async fn migrate_up<M: MigratorTraitSelf>(
    database: &Database,
    names: &[String],
    migrator: impl FnOnce(Users) -> M,
) -> Result<Vec<String>, MigrateError> {
    let (transaction, wanted) = (begin_exclusively(database).await?, &database.wanted);
    let history = History::read(&transaction, wanted).await?;
    let pending = pending(states(&history, names)?);
    if pending.is_empty() {
        intact::check(&transaction, wanted, history.schema()).await?;
    }
    history.create_schema(&transaction).await?;
    let first = history.enter(&transaction, wanted).await?;
    let is_carried_over = history.carry_over(&transaction).await?;
    if !pending.is_empty() {
        let create_in = wanted.url_schema.clone().or(first);
        let users = layout::to_refer_to(&transaction, wanted, history.schema(), create_in).await?;
        let created_users = users.is_missing.then(|| users.table.clone());
        let new = NewTables::before(&transaction, own_tables(history.schema())).await?;
        migrator(users).up(&transaction, None).await?;
        new.replace_default_privileges(&transaction).await?;
        grants::revoke_all(&transaction, created_users.as_slice()).await?;
    }
    if is_carried_over || !pending.is_empty() {
        transaction.commit().await?;
    }
    Ok(pending)
}

/// Begins a transaction with a lock that one process at a time can hold. The lock is released with the transaction, even if the
/// process is killed.
async fn begin_exclusively(database: &Database) -> Result<DatabaseTransaction, DbErr> {
    /// The key of the lock: the letters `tasks` as a number, which nothing else in this database uses.
    const LOCK: &str = "SELECT pg_advisory_xact_lock(499967226739)";
    /// Where the server has Citus: otherwise it refuses to create a table that refers to the users after a distributed table was
    /// altered. Elsewhere there is no such setting.
    const ONE_SHARD_AT_A_TIME: &str = "SELECT set_config('citus.multi_shard_modify_mode', 'sequential', true) \
                                       FROM pg_extension WHERE extname = 'citus'";
    // On SQLite, `IMMEDIATE` is the lock.
    let transaction = database.pool.begin_with_options(immediate()).await?;
    if transaction.get_database_backend() == DbBackend::Postgres {
        transaction.execute_unprepared(LOCK).await?;
        transaction.execute_unprepared(ONE_SHARD_AT_A_TIME).await?;
    }
    Ok(transaction)
}

fn states(history: &History, known: &[String]) -> Result<Vec<MigrationState>, MigrateError> {
    let applied = &history.applied;
    let newer: Vec<String> = applied.iter().filter(|name| !known.contains(name)).cloned().collect();
    if !newer.is_empty() {
        return Err(MigrateError::Newer(newer));
    }
    Ok(known.iter().map(|name| MigrationState { applied: applied.contains(name), name: name.clone() }).collect())
}

fn pending(states: Vec<MigrationState>) -> Vec<String> {
    states.into_iter().filter(|state| !state.applied).map(|state| state.name).collect()
}

#[cfg(test)]
mod tests;
