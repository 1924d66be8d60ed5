//! Errors that Postgres reported.

use std::{fmt, sync::Arc};

use tokio_postgres::error::{DbError, Severity, SqlState};

/// An error that Postgres reported. It shows the message and the code, but not the details, in which Postgres may quote values
/// of a row.
#[derive(Clone)]
pub struct PgError {
    reported: Arc<DbError>,
    position: Option<usize>,
}

impl PgError {
    /// The [SQLSTATE](https://www.postgresql.org/docs/current/errcodes-appendix.html).
    #[must_use]
    pub fn code(&self) -> &SqlState {
        self.reported.code()
    }

    /// The primary message.
    #[must_use]
    pub fn message(&self) -> &str {
        self.reported.message()
    }

    /// The name of the violated constraint, if there is one.
    #[must_use]
    pub fn constraint(&self) -> Option<&str> {
        self.reported.constraint()
    }

    /// Returns the error unchanged if it does not come from Postgres.
    pub(super) fn from_driver(error: tokio_postgres::Error) -> Result<Self, tokio_postgres::Error> {
        match error.as_db_error() {
            Some(reported) => Ok(Self { reported: Arc::new(reported.clone()), position: None }),
            None => Err(error),
        }
    }

    /// The 0-based position in its transaction of the statement that was refused. `None` for a statement of its own, and for a
    /// commit.
    pub(crate) fn position(&self) -> Option<usize> {
        self.position
    }

    pub(super) fn at(self, position: usize) -> Self {
        Self { position: Some(position), ..self }
    }

    /// Whether a commit that failed with this code was rolled back: Postgres rolled the transaction back, or a constraint that is
    /// checked at the commit was violated. Any other code may come after the commit took effect, such as `XX000` from a server
    /// that commits on several machines.
    pub(super) fn means_rollback_of_commit(&self) -> bool {
        ["23", "40"].iter().any(|class| self.code().code().starts_with(class)) && !self.is_in_doubt()
    }

    /// Whether Postgres ends the session.
    pub(super) fn ends_connection(&self) -> bool {
        matches!(self.reported.parsed_severity(), None | Some(Severity::Fatal | Severity::Panic))
    }

    /// Whether the server does not know the outcome of the transaction. Some servers that speak Postgres' protocol report that.
    pub(super) fn is_in_doubt(&self) -> bool {
        [&SqlState::TRANSACTION_RESOLUTION_UNKNOWN, &SqlState::T_R_STATEMENT_COMPLETION_UNKNOWN].contains(&self.code())
    }

    pub(super) fn is_lost_race(&self) -> bool {
        [&SqlState::T_R_SERIALIZATION_FAILURE, &SqlState::T_R_DEADLOCK_DETECTED].contains(&self.code())
    }
}

/// Whether a statement that failed with this code may succeed a moment later: Postgres cannot be reached, is short of
/// resources, is read-only at the moment, or there was a conflict with another transaction.
#[must_use]
pub fn is_temporary(code: &SqlState) -> bool {
    // Connections; resources (a full disk, memory, connection slots); an operator who stops the server.
    const CLASSES: [&str; 3] = ["08", "53", "57"];
    // Conflict with another transaction; read-only, for example after a fail-over; lock timeout.
    const STATES: [&SqlState; 4] = [
        &SqlState::T_R_SERIALIZATION_FAILURE,
        &SqlState::T_R_DEADLOCK_DETECTED,
        &SqlState::READ_ONLY_SQL_TRANSACTION,
        &SqlState::LOCK_NOT_AVAILABLE,
    ];
    STATES.contains(&code) || CLASSES.iter().any(|class| code.code().starts_with(class))
}

impl fmt::Display for PgError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.message(), self.code().code())
    }
}

impl fmt::Debug for PgError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for PgError {}
