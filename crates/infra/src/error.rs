//! What the errors of a database mean to the domain.

use std::{borrow::Cow, fmt};

use domain::{BoxError, RepositoryError};
use sea_orm::{ConnAcquireErr, DbErr, RuntimeErr};
use sqlx::{
    error::{DatabaseError, ErrorKind},
    postgres::{PgDatabaseError, PgSeverity},
    sqlite::SqliteError,
};
use tokio_postgres::error::{DbError, Severity, SqlState};

/// An error of the database, kept as a cause.
///
/// Postgres adds the values of the row at fault to some errors. `Display` leaves them out but `Debug` would show them, so
/// that what users wrote would end up in logs; here `Debug` shows what `Display` does. That holds the messages of all further
/// causes, so that this is the end of the chain.
#[derive(thiserror::Error)]
#[error("{}", in_words(.0))]
pub(crate) struct Cause(pub(crate) DbErr);

impl fmt::Debug for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What the database said, with its code, where it said something.
///
/// sqlx's own text adds a line number, which is one in the source code of Postgres.
fn in_words(error: &DbErr) -> String {
    match driver_error(error).and_then(sqlx::Error::as_database_error) {
        Some(said) => format!("{} ({})", said.message(), said.code().unwrap_or_default()),
        None => error.to_string(),
    }
}

/// What Postgres said over tokio-postgres, as sqlx would tell it.
///
/// Details, which may be values of a row, appear neither in `Display` nor in `Debug`.
pub(crate) struct Said(pub(crate) DbError);

impl fmt::Debug for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.message())
    }
}

impl std::error::Error for Said {}

impl DatabaseError for Said {
    fn message(&self) -> &str {
        self.0.message()
    }

    fn code(&self) -> Option<Cow<'_, str>> {
        Some(self.0.code().code().into())
    }

    fn kind(&self) -> ErrorKind {
        match self.0.code() {
            &SqlState::FOREIGN_KEY_VIOLATION => ErrorKind::ForeignKeyViolation,
            // Nobody asks for the others.
            _ => ErrorKind::Other,
        }
    }

    fn as_error(&self) -> &(dyn std::error::Error + Send + Sync + 'static) {
        self
    }

    fn as_error_mut(&mut self) -> &mut (dyn std::error::Error + Send + Sync + 'static) {
        self
    }

    fn into_error(self: Box<Self>) -> BoxError {
        self
    }
}

/// Whether Postgres said this, over either driver.
fn is_of_postgres(said: &dyn DatabaseError) -> bool {
    said.try_downcast_ref::<PgDatabaseError>().is_some() || said.try_downcast_ref::<Said>().is_some()
}

fn driver_error(error: &DbErr) -> Option<&sqlx::Error> {
    match error {
        DbErr::Conn(RuntimeErr::SqlxError(error))
        | DbErr::Exec(RuntimeErr::SqlxError(error))
        | DbErr::Query(RuntimeErr::SqlxError(error)) => Some(error),
        _ => None,
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
    let said = driver_error(&error).and_then(sqlx::Error::as_database_error);
    if said.is_some_and(DatabaseError::is_foreign_key_violation) {
        RepositoryError::UnknownOwner
    } else {
        repository_error(error)
    }
}

/// Whether a statement failed only because another transaction was faster: the same one may succeed now.
pub(crate) fn is_lost_against_another(error: &sqlx::Error) -> bool {
    // A serialization failure, a deadlock.
    let code = error.as_database_error().and_then(DatabaseError::code);
    matches!(code.as_deref(), Some("40001" | "40P01"))
}

/// Whether the connection on which a statement failed can be used again: Postgres has refused the statement, and goes on.
pub(crate) fn leaves_connection_usable(error: &sqlx::Error) -> bool {
    let Some(said) = error.as_database_error() else { return false };
    if let Some(Said(said)) = said.try_downcast_ref() {
        return !matches!(said.parsed_severity(), None | Some(Severity::Fatal | Severity::Panic));
    }
    let said = said.try_downcast_ref::<PgDatabaseError>();
    said.is_some_and(|said| !matches!(said.severity(), PgSeverity::Fatal | PgSeverity::Panic))
}

/// Whether it is not known what has become of a transaction: so say some who stand in for Postgres.
pub(crate) fn is_in_doubt(error: &sqlx::Error) -> bool {
    // Transaction resolution unknown, statement completion unknown.
    let code = error.as_database_error().and_then(DatabaseError::code);
    matches!(code.as_deref(), Some("08007" | "40003"))
}

/// Whether the session takes no writes. One that began while the database took none stays so for good.
pub(crate) fn is_read_only(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(|said| said.code().as_deref() == Some("25006"))
}

/// Whether the same call may succeed a moment later.
fn is_out_of_reach(error: &DbErr) -> bool {
    if matches!(error, DbErr::ConnectionAcquire(_) | DbErr::Conn(_)) {
        return true;
    }
    match driver_error(error) {
        Some(
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed,
        ) => true,
        Some(sqlx::Error::Database(said)) => {
            if is_of_postgres(&**said) {
                said.code().is_some_and(|code| postgres_is_out_of_reach(&code))
            } else {
                said.try_downcast_ref::<SqliteError>().is_some()
                    && said.code().and_then(|code| code.parse().ok()).is_some_and(sqlite_is_out_of_reach)
            }
        }
        _ => false,
    }
}

/// Whether no connection became free, or could be opened, in the time there is for it.
pub(crate) fn is_acquire_timeout(error: &DbErr) -> bool {
    matches!(error, DbErr::ConnectionAcquire(ConnAcquireErr::Timeout))
        || matches!(driver_error(error), Some(sqlx::Error::PoolTimedOut))
}

/// Whether the database refused input that should never have come as far. To the client that is a defect like any other.
pub(crate) fn is_validation_gap(error: &DbErr) -> bool {
    let Some(said) = driver_error(error).and_then(sqlx::Error::as_database_error) else { return false };
    let code = said.code().unwrap_or_default();
    if is_of_postgres(said) {
        // A character that cannot be stored, a text that is too long, a number out of range, a time that is none or out of
        // range, a check.
        ["22021", "22001", "22003", "22007", "22008", "23514"].contains(&&*code)
    } else {
        // A check.
        said.try_downcast_ref::<SqliteError>().is_some() && code == "275"
    }
}

/// The code of what the database said.
pub(crate) fn code(error: &DbErr) -> Option<String> {
    driver_error(error)?.as_database_error()?.code().map(Cow::into_owned)
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

#[cfg(test)]
mod tests;
