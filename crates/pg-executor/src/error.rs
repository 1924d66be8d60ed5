//! Why a statement failed.

use std::{error::Error as StdError, fmt, io, iter::successors, sync::Arc, time::Duration};

use tokio_postgres::error::SqlState;

mod pg_error;

pub use pg_error::{PgError, is_temporary};

/// The cause of another error.
type Cause = Arc<dyn StdError + Send + Sync>;

/// Why a statement failed. Neither `Display` nor `Debug` shows the details in which Postgres quotes rows.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// No connection became free, or could be opened, in time. The statement was not sent.
    #[error("no connection to Postgres")]
    NoConnection(#[source] Cause),
    /// The executor was closed. The statement was not sent.
    #[error("the connections to Postgres are closed")]
    Closed,
    /// The connection ended, no answer came in time, the server reported that it does not know the outcome, or the commit
    /// failed with a code that does not mean that it was rolled back. The statement may have been executed, or may still be
    /// running.
    #[error("it is not known whether Postgres executed the statement")]
    OutcomeUnknown(#[source] Cause),
    /// Postgres refused the statement and rolled it back.
    #[error("Postgres refused the statement")]
    Refused(#[source] PgError),
    /// The statement was not sent, because its numbers of placeholders and parameters differ.
    #[error("the statement has {placeholders} placeholders and {parameters} parameters")]
    ParameterCount {
        /// The number of placeholders in the SQL.
        placeholders: usize,
        /// The number of parameters.
        parameters: usize,
    },
    /// A parameter could not be encoded, or the server violated the protocol.
    #[error("the statement or its answer breaks Postgres' protocol")]
    Protocol(#[source] Cause),
}

impl Error {
    /// The error that Postgres reported, if it reported one.
    #[must_use]
    pub fn pg_error(&self) -> Option<&PgError> {
        match self {
            Self::Refused(error) => Some(error),
            Self::NoConnection(cause) | Self::OutcomeUnknown(cause) => cause.downcast_ref(),
            Self::Closed | Self::ParameterCount { .. } | Self::Protocol(_) => None,
        }
    }

    /// The [SQLSTATE](https://www.postgresql.org/docs/current/errcodes-appendix.html) of the error that Postgres reported.
    #[must_use]
    pub fn code(&self) -> Option<&SqlState> {
        self.pg_error().map(PgError::code)
    }

    /// Whether the same statement may succeed a moment later: Postgres cannot be reached, is short of resources, is read-only
    /// at the moment, or there was a conflict with another transaction.
    #[must_use]
    pub fn is_unavailable(&self) -> bool {
        match self {
            Self::NoConnection(_) | Self::Closed | Self::OutcomeUnknown(_) => true,
            Self::Refused(error) => is_temporary(error.code()),
            Self::ParameterCount { .. } | Self::Protocol(_) => false,
        }
    }

    /// The error of a statement that was sent.
    pub(crate) fn of_statement(error: tokio_postgres::Error) -> Self {
        let is_broken = error.is_closed() || error.source().is_some_and(<dyn StdError>::is::<io::Error>);
        match PgError::from_driver(error) {
            Ok(error) if error.ends_connection() || error.is_in_doubt() => Self::OutcomeUnknown(Arc::new(error)),
            Ok(error) => Self::Refused(error),
            Err(error) if is_broken => Self::OutcomeUnknown(Arc::new(error)),
            Err(error) => Self::Protocol(Arc::new(error)),
        }
    }

    /// The error of a commit that was sent: of a transaction, or of a statement that had been executed. Only some codes mean that
    /// nothing was changed.
    pub(crate) fn of_commit(error: tokio_postgres::Error) -> Self {
        match Self::of_statement(error) {
            Self::Refused(error) if !error.means_rollback_of_commit() => Self::OutcomeUnknown(Arc::new(error)),
            Self::Protocol(cause) => Self::OutcomeUnknown(cause),
            known => known,
        }
    }

    /// The error of a connection that could not be opened.
    pub(crate) fn of_connection(error: tokio_postgres::Error) -> Self {
        Self::NoConnection(match PgError::from_driver(error) {
            Ok(error) => Arc::new(error),
            Err(error) => Arc::new(error),
        })
    }

    /// The error of several servers, each with its number, or of the only one.
    pub(crate) fn of_servers(mut failures: Vec<(usize, Self)>) -> Self {
        if failures.len() == 1 { failures.swap_remove(0).1 } else { Self::NoConnection(Arc::new(NoServer(failures))) }
    }

    /// Whether a connection that could not be opened may be opened a moment later: the server cannot be reached, is starting, is
    /// read-only at the moment, or has no free connection. Otherwise a setting is wrong: the password, the database, the
    /// certificate.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        let Self::NoConnection(cause) = self else { return false };
        if let Some(error) = cause.downcast_ref::<PgError>() {
            return is_temporary(error.code());
        }
        if let Some(NoServer(failures)) = cause.downcast_ref() {
            return failures.iter().any(|(_, error)| error.may_pass());
        }
        if cause.downcast_ref::<tokio_postgres::Error>().is_some_and(tokio_postgres::Error::is_closed) {
            return true;
        }
        // The network, but not what TLS finds wrong with a certificate.
        let mut causes = successors(Some(&**cause as &(dyn StdError + 'static)), |error| (*error).source());
        causes.find_map(|error| error.downcast_ref::<io::Error>()).is_some_and(|error| {
            let is_of_tls = error.get_ref().is_some_and(<dyn StdError + Send + Sync>::is::<rustls::Error>);
            let is_denied = error.kind() == io::ErrorKind::PermissionDenied && error.raw_os_error().is_some();
            !is_of_tls && !is_denied
        })
    }

    pub(crate) fn no_connection_within(limit: Duration) -> Self {
        let message = format!("none became free, or could be opened, within {} ms", limit.as_millis());
        Self::NoConnection(Arc::new(io::Error::new(io::ErrorKind::TimedOut, message)))
    }

    pub(crate) fn no_answer_within(limit: Duration) -> Self {
        let message = format!("Postgres did not answer within {} ms", limit.as_millis());
        Self::OutcomeUnknown(Arc::new(io::Error::new(io::ErrorKind::TimedOut, message)))
    }

    /// Whether the connection can be used for further statements after this error.
    pub(crate) fn leaves_connection_usable(&self) -> bool {
        match self {
            Self::ParameterCount { .. } => true,
            // A session that began while the database was read-only stays read-only. A new session may accept writes.
            Self::Refused(_) => !self.is_read_only(),
            // A server reported an unknown outcome, but the connection is still open.
            Self::OutcomeUnknown(_) => self.pg_error().is_some_and(|error| !error.ends_connection()),
            Self::NoConnection(_) | Self::Closed | Self::Protocol(_) => false,
        }
    }

    /// Whether the connection is dead, so that others may be dead too.
    pub(crate) fn is_death(&self) -> bool {
        matches!(self, Self::OutcomeUnknown(_)) && !self.leaves_connection_usable()
    }

    /// Whether the statement lost a race against another transaction, so that a retry may succeed.
    pub(crate) fn is_lost_race(&self) -> bool {
        matches!(self, Self::Refused(error) if error.is_lost_race())
    }

    /// Whether the table has changed since the statement was prepared, so that it must be prepared again.
    pub(crate) fn is_outdated_plan(&self) -> bool {
        matches!(self, Self::Refused(error) if *error.code() == SqlState::FEATURE_NOT_SUPPORTED)
    }

    /// Whether the session is read-only.
    pub(crate) fn is_read_only(&self) -> bool {
        matches!(self, Self::Refused(error) if *error.code() == SqlState::READ_ONLY_SQL_TRANSACTION)
    }

    /// The 0-based position in its transaction of the statement that Postgres refused, if it was a statement.
    pub(crate) fn position(&self) -> Option<usize> {
        self.pg_error().and_then(PgError::position)
    }

    /// The same error, of the statement at this 0-based position in a transaction.
    pub(crate) fn at(self, position: usize) -> Self {
        match self {
            Self::Refused(error) => Self::Refused(error.at(position)),
            // Postgres did not see this statement fail, so it has committed the others.
            Self::Protocol(cause) => Self::OutcomeUnknown(cause),
            other => other,
        }
    }

    /// The same error for other statements, whose outcome it does not tell.
    pub(crate) fn into_unknown_outcome(self) -> Self {
        match self {
            Self::Refused(error) => Self::OutcomeUnknown(Arc::new(error)),
            other => other,
        }
    }
}

/// Why none of several servers can be used.
#[derive(Debug)]
struct NoServer(Vec<(usize, Error)>);

impl fmt::Display for NoServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, (number, error)) in self.0.iter().enumerate() {
            let separator = if position > 0 { "; " } else { "" };
            write!(f, "{separator}host {}: ", number + 1)?;
            // The last cause is the most exact one.
            match successors(error.source(), |error| (*error).source()).last() {
                Some(cause) => write!(f, "{cause}")?,
                None => write!(f, "{error}")?,
            }
        }
        Ok(())
    }
}

impl StdError for NoServer {}
