//! Why the schema could not be changed or used.

use domain::BoxError;
use sea_orm::DbErr;

use crate::error::DatabaseError;

/// The schema could not be changed, or is not the one that this program needs. The message is one line that says what to do.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// The database lacks migrations that this program needs.
    #[error("the database is older than this program: run `tasks-api migrate up` to apply {}", .0.join(", "))]
    Pending(Vec<String>),
    /// The database has migrations that this program does not know.
    #[error("the database is newer than this program: use a `tasks-api` that knows {}", .0.join(", "))]
    Newer(Vec<String>),
    /// The settings or the migrations do not fit the present state of the database. Nothing was changed.
    #[error("{0}")]
    Rejected(String),
    /// A role lacks rights, or row level security hides rows from it.
    #[error("{lacks}: run {remedy} (docs/authentication.md#roles-with-minimal-rights)")]
    Denied {
        /// What each role lacks.
        lacks: String,
        /// The statements that give it.
        remedy: String,
    },
    /// The database could not be reached, or a migration failed. Nothing was changed.
    #[error("the database's schema could not be read or changed: {0}")]
    Failed(BoxError),
}

impl From<DbErr> for MigrateError {
    fn from(error: DbErr) -> Self {
        match error {
            DbErr::Migration(reason) => Self::Rejected(reason),
            error => {
                let error = DatabaseError::from(error);
                match error.sqlstate().and_then(|code| remedy(&code)) {
                    Some(remedy) => Self::Failed(format!("{error}: {remedy}").into()),
                    None => Self::Failed(error.into()),
                }
            }
        }
    }
}

/// What mends an error of Postgres with this code.
fn remedy(code: &str) -> Option<&'static str> {
    match code {
        "42501" => Some(
            "the role in DATABASE_URL lacks a right: migrate as the owner of the tables, or grant it \
             (docs/troubleshooting.md#rights)",
        ),
        "3F000" => Some(
            "the role in DATABASE_URL may use no schema of its search path: grant it USAGE and CREATE on one, or set \
             DATABASE_SCHEMA (docs/troubleshooting.md#database-schema)",
        ),
        "42P07" => Some(
            "the table is another program's: set DATABASE_SCHEMA to a schema for the tables of this service; or it is this \
             service's, and tasks_api_migrations was dropped (docs/troubleshooting.md#database-schema)",
        ),
        _ => None,
    }
}
