//! Translates database errors into the domain's errors.

use std::{borrow::Cow, error::Error as _, fmt, iter::successors};

use domain::RepositoryError;
use pg_executor::tokio_postgres::error::SqlState;
use sea_orm::{ConnAcquireErr, DbErr, RuntimeErr};
use sqlx::{postgres::PgDatabaseError, sqlite::SqliteError};

/// The error of a statement, as SeaORM or the executor reports it.
///
/// It may contain values of rows, but neither `Display` nor `Debug` shows them.
pub enum DatabaseError {
    /// From SeaORM's own connection.
    SeaOrm(DbErr),
    /// From the executor.
    Executor(pg_executor::Error),
}

/// The database's code for an error.
#[derive(Debug, PartialEq, Eq)]
enum Code<'e> {
    /// An [SQLSTATE](https://www.postgresql.org/docs/current/errcodes-appendix.html).
    Postgres(Cow<'e, str>),
    /// An [extended result code](https://www.sqlite.org/rescode.html).
    Sqlite(u32),
}

impl DatabaseError {
    /// The code, if the database itself reported the error.
    fn code(&self) -> Option<Code<'_>> {
        match self {
            Self::SeaOrm(error) => {
                let error = driver_error(error)?.as_database_error()?;
                let code = error.code()?;
                if error.try_downcast_ref::<PgDatabaseError>().is_some() {
                    Some(Code::Postgres(code))
                } else {
                    error.try_downcast_ref::<SqliteError>()?;
                    code.parse().ok().map(Code::Sqlite)
                }
            }
            Self::Executor(error) => error.code().map(|code| Code::Postgres(code.code().into())),
        }
    }

    /// Postgres' [code](https://www.postgresql.org/docs/current/errcodes-appendix.html) for the error.
    pub(crate) fn sqlstate(&self) -> Option<Cow<'_, str>> {
        match self.code()? {
            Code::Postgres(code) => Some(code),
            Code::Sqlite(_) => None,
        }
    }

    /// Whether the same call may succeed a moment later.
    fn is_unavailable(&self) -> bool {
        match self {
            Self::Executor(error) => error.is_unavailable(),
            Self::SeaOrm(DbErr::ConnectionAcquire(_) | DbErr::Conn(_)) => true,
            Self::SeaOrm(error) => match self.code() {
                Some(Code::Postgres(code)) => pg_executor::is_temporary(&SqlState::from_code(&code)),
                Some(Code::Sqlite(code)) => sqlite_is_unavailable(code),
                None => matches!(
                    driver_error(error),
                    Some(
                        sqlx::Error::Io(_)
                            | sqlx::Error::Tls(_)
                            | sqlx::Error::PoolTimedOut
                            | sqlx::Error::PoolClosed
                            | sqlx::Error::WorkerCrashed
                    )
                ),
            },
        }
    }

    /// Whether the error is a foreign key violation.
    fn is_foreign_key_violation(&self) -> bool {
        match self.code() {
            Some(Code::Postgres(code)) => code == "23503",
            Some(Code::Sqlite(code)) => code == 787,
            None => false,
        }
    }

    /// Whether a row with the same key exists.
    pub(crate) fn is_unique_violation(&self) -> bool {
        match self.code() {
            Some(Code::Postgres(code)) => code == "23505",
            Some(Code::Sqlite(code)) => matches!(code, 1555 | 2067),
            None => false,
        }
    }

    /// Whether the database rejected input that validation should have rejected. The client gets an internal error.
    fn is_validation_gap(&self) -> bool {
        match self.code() {
            // Invalid character, text too long, number out of range, malformed time, time out of range, check constraint.
            Some(Code::Postgres(code)) => {
                ["22021", "22001", "22003", "22007", "22008", "23514"].contains(&code.as_ref())
            }
            // Check constraint, in the table or in a trigger.
            Some(Code::Sqlite(code)) => matches!(code, 275 | 1811),
            None => false,
        }
    }

    /// Like [`is_validation_gap`](Self::is_validation_gap), and logs a gap.
    pub(crate) fn report_validation_gap(&self) -> bool {
        let is_gap = self.is_validation_gap();
        if is_gap {
            // Not the message, which may show the input.
            let code = self.code();
            tracing::error!(?code, "a gap in validation: the database rejected input that should not have reached it");
        }
        is_gap
    }
}

impl From<DbErr> for DatabaseError {
    fn from(error: DbErr) -> Self {
        Self::SeaOrm(error)
    }
}

impl fmt::Display for DatabaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // sqlx's own text adds a line number in the source code of Postgres.
            Self::SeaOrm(error) => match driver_error(error).and_then(sqlx::Error::as_database_error) {
                Some(reported) => write!(f, "{} ({})", reported.message(), reported.code().unwrap_or_default()),
                None => error.fmt(f),
            },
            Self::Executor(error) => {
                error.fmt(f)?;
                successors(error.source(), |error| (*error).source()).try_for_each(|cause| write!(f, ": {cause}"))
            }
        }
    }
}

/// The same as `Display`: to some errors Postgres adds values of the failing row, which users wrote.
impl fmt::Debug for DatabaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// No source: `Display` includes the messages of all causes.
impl std::error::Error for DatabaseError {}

fn driver_error(error: &DbErr) -> Option<&sqlx::Error> {
    match error {
        DbErr::Conn(RuntimeErr::SqlxError(error))
        | DbErr::Exec(RuntimeErr::SqlxError(error))
        | DbErr::Query(RuntimeErr::SqlxError(error)) => Some(error),
        _ => None,
    }
}

/// The domain's error for any statement.
pub(crate) fn repository_error(error: impl Into<DatabaseError>) -> RepositoryError {
    let error = error.into();
    if error.is_unavailable() {
        RepositoryError::Unavailable(error.into())
    } else {
        RepositoryError::Failed(error.into())
    }
}

/// The domain's error for a statement that creates a row with a reference to a user.
pub(crate) fn create_error(error: impl Into<DatabaseError>) -> RepositoryError {
    let error = error.into();
    if error.is_foreign_key_violation() { RepositoryError::UnknownOwner } else { repository_error(error) }
}

/// Whether no connection became free, or could be opened, in time.
pub(crate) fn is_acquire_timeout(error: &DbErr) -> bool {
    matches!(error, DbErr::ConnectionAcquire(ConnAcquireErr::Timeout))
        || matches!(driver_error(error), Some(sqlx::Error::PoolTimedOut))
}

fn sqlite_is_unavailable(code: u32) -> bool {
    // Busy, locked, read only, disk full, cannot open. The upper bytes only say more about the lowest.
    matches!(code & 0xff, 5 | 6 | 8 | 13 | 14)
}

#[cfg(test)]
mod tests;
