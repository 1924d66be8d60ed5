//! What the errors of a database mean to the domain.

use std::fmt;

use domain::RepositoryError;
use sea_orm::{DbErr, RuntimeErr, SqlErr};
use sqlx::{postgres::PgDatabaseError, sqlite::SqliteError};

/// An error of the database, kept as a cause.
///
/// Postgres adds the values of the row at fault to some errors. `Display` leaves them out but `Debug` would show them, so
/// that what users wrote would end up in logs; here `Debug` shows what `Display` does. SeaORM's message holds those of its
/// own causes, so that this is the end of the chain.
#[derive(thiserror::Error)]
#[error("{0}")]
struct Cause(DbErr);

impl fmt::Debug for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What an error means, whatever was asked of the database.
pub(crate) fn repository_error(error: DbErr) -> RepositoryError {
    if is_out_of_reach(&error) {
        RepositoryError::Unavailable(Cause(error).into())
    } else {
        RepositoryError::Failed(Cause(error).into())
    }
}

/// What an error means when a row was to be added that refers to a user.
pub(crate) fn creation_error(error: DbErr) -> RepositoryError {
    match error.sql_err() {
        Some(SqlErr::ForeignKeyConstraintViolation(_)) => RepositoryError::UnknownOwner,
        _ => repository_error(error),
    }
}

/// Whether the same call may succeed a moment later.
fn is_out_of_reach(error: &DbErr) -> bool {
    match error {
        DbErr::ConnectionAcquire(_) | DbErr::Conn(_) => true,
        DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error)) => match &**error {
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed => true,
            sqlx::Error::Database(error) => {
                if let Some(error) = error.try_downcast_ref::<PgDatabaseError>() {
                    postgres_is_out_of_reach(error.code())
                } else if error.try_downcast_ref::<SqliteError>().is_some() {
                    error.code().and_then(|code| code.parse().ok()).is_some_and(sqlite_is_out_of_reach)
                } else {
                    false
                }
            }
            _ => false,
        },
        _ => false,
    }
}

fn postgres_is_out_of_reach(sqlstate: &str) -> bool {
    // Connections, resources (full disk, memory or connection slots), an operator who stops the server.
    const CLASSES: [&str; 3] = ["08", "53", "57"];
    // Read only, as after a fail-over; lost against another transaction; waited too long for a lock.
    const STATES: [&str; 4] = ["25006", "40001", "40P01", "55P03"];
    CLASSES.iter().any(|class| sqlstate.starts_with(class)) || STATES.contains(&sqlstate)
}

fn sqlite_is_out_of_reach(code: u32) -> bool {
    // Busy, locked, read only, disk full, cannot open. The upper bytes only say more about the lowest.
    matches!(code & 0xff, 5 | 6 | 8 | 13 | 14)
}
