//! What the drivers of both databases have in common.

use std::time::Duration;

use domain::BoxError;
use log::LevelFilter;
use sqlx::ConnectOptions;

/// A statement that takes longer than this is logged as a warning.
pub(super) const SLOW: Duration = Duration::from_millis(500);

/// Logs statements with placeholders instead of values: slow ones as a warning, the others at debug level.
pub(super) fn logged<O: ConnectOptions>(options: O) -> O {
    options.log_statements(LevelFilter::Debug).log_slow_statements(LevelFilter::Warn, SLOW)
}

/// A short text for the cause of an error.
pub(super) fn in_words(error: sqlx::Error) -> BoxError {
    match error {
        sqlx::Error::Database(reported) => reported.message().to_owned().into(),
        sqlx::Error::Io(cause) => cause.into(),
        other => other.into(),
    }
}
