//! Whether this program's role may use the tables, on Postgres.
//!
//! Without this check, a role without a right would be ready and answer errors, and one from which row level security hides the
//! rows would be ready and show nobody any task.

mod need;

use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};

use crate::{Database, MigrateError};
pub(crate) use need::Need;

/// Finds each table of `need`, by the search path if it has no schema, whether or not the role may use that schema. Returns what
/// a role lacks, and the statement that gives it.
///
/// A role lacks rows too if row level security applies to it, unless a policy lets it do everything.
const LACKS: &str = include_str!("access/lacks.sql");

impl Database {
    /// Succeeds if this program's role may use the tables, as far as they exist. On SQLite there are no roles.
    ///
    /// # Errors
    ///
    /// [`MigrateError::Denied`] and [`MigrateError::Failed`].
    pub async fn check_access(&self) -> Result<(), MigrateError> {
        check(&self.pool, &Need::of(&self.layout)).await
    }
}

/// Succeeds if this program's role has all it needs.
pub(crate) async fn check(connection: &impl ConnectionTrait, needs: &[Need]) -> Result<(), MigrateError> {
    if connection.get_database_backend() != DbBackend::Postgres {
        return Ok(());
    }
    let rows: Vec<String> = needs.iter().zip(1..).map(|(need, number)| need.row(number)).collect();
    let query = LACKS.replace("/* needs */", &rows.join(",\n"));
    let found = connection.query_all_raw(Statement::from_string(DbBackend::Postgres, query)).await?;
    let column = |index| found.iter().map(|row| row.try_get_by_index(index)).collect::<Result<Vec<String>, DbErr>>();
    if found.is_empty() {
        return Ok(());
    }
    Err(MigrateError::Denied { lacks: column(0)?.join("; "), remedy: column(1)?.join("; ") })
}
