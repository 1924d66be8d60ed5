//! Why a connection could not be opened, and whether to wait.

use std::{error::Error, time::Duration};

use domain::BoxError;
use pg_executor::{is_temporary, tokio_postgres::error::SqlState};

/// Why a connection could not be opened.
#[derive(Debug, thiserror::Error)]
#[error("{cause}")]
pub(super) struct Failure {
    cause: BoxError,
    /// Whether the same attempt may succeed later. Otherwise a setting is wrong.
    pub(super) may_pass: bool,
}

impl Failure {
    /// A failure that only a change of a setting can mend.
    pub(super) fn lasting(cause: impl Into<BoxError>) -> Self {
        Self { cause: cause.into(), may_pass: false }
    }

    pub(super) fn passing(cause: impl Into<BoxError>) -> Self {
        Self { cause: cause.into(), may_pass: true }
    }

    pub(super) fn no_answer_within(limit: Duration) -> Self {
        Self::passing(format!("no answer within {} ms", limit.as_millis()))
    }

    /// The executor's error, unless TLS is the cause (see `tls::in_words`).
    pub(super) fn of_executor(error: &pg_executor::Error) -> Self {
        let may_pass = error.may_pass() && !error.pg_error().is_some_and(|error| is_lasting(error.message()));
        let cause = match (error, error.pg_error()) {
            (_, Some(reported)) => reported.message().to_owned(),
            (pg_executor::Error::NoConnection(cause), None) => innermost(&**cause),
            _ => error.to_string(),
        };
        Self { cause: cause.into(), may_pass }
    }
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::Database(reported) => {
                let code = reported.code().map(|code| SqlState::from_code(&code));
                let may_pass = code.is_some_and(|code| is_temporary(&code)) && !is_lasting(reported.message());
                Self { cause: reported.message().to_owned().into(), may_pass }
            }
            sqlx::Error::Io(cause) => Self::passing(cause),
            other @ sqlx::Error::PoolTimedOut => Self::passing(other),
            other => Self::lasting(other),
        }
    }
}

/// Whether a pooler refuses a parameter of the URL. It has one code for that and for a server that is away.
fn is_lasting(message: &str) -> bool {
    message.starts_with("unsupported startup parameter")
}

/// The text of the last cause, which is the most exact one.
fn innermost(error: &(dyn Error + 'static)) -> String {
    let mut error = error;
    while let Some(cause) = error.source() {
        error = cause;
    }
    error.to_string()
}
