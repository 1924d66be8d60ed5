//! Opening the connections to a database.

#[cfg(unix)]
mod bridge;
mod driver;
mod encoding;
mod failure;
mod file_lock;
mod pooler;
mod postgres;
mod route;
mod sharing;
mod sqlite;
mod tls;

use std::time::Duration;

use domain::BoxError;
use tokio::time::{Instant, sleep, timeout};
use tracing::{info, warn};

use crate::{
    Database, DatabaseSettings,
    url::{PostgresUrl, Target},
};
use failure::Failure;
pub(crate) use file_lock::FileLock;
pub(crate) use route::Route;

/// How long a server may be silent before the log says so.
const SILENCE: Duration = Duration::from_secs(2);

/// A failure to connect: one line with the database and the cause, without the password.
#[derive(Debug, thiserror::Error)]
#[error("cannot connect to {database}: {cause}")]
pub struct ConnectError {
    database: String,
    /// Not a `source`, because the message already includes it.
    cause: BoxError,
}

impl Database {
    /// Opens one connection to check that the database can be reached. Further connections are opened on demand.
    ///
    /// Postgres: waits for a server that is starting or cannot be reached, up to [`DatabaseSettings::start_timeout`], and logs
    /// when it begins to wait and when it ends. It does not wait if a setting is wrong, such as the password.
    ///
    /// SQLite: creates the file and its directory if they do not exist. On Unix only the file's owner may read it.
    ///
    /// # Errors
    ///
    /// If no connection is established in time.
    pub async fn connect(settings: &DatabaseSettings) -> Result<Self, ConnectError> {
        let database = match &settings.url.0 {
            Target::Postgres(url) => when_available(url, settings).await.map_err(BoxError::from),
            Target::Sqlite(url) => sqlite::connect(url, settings).await,
        };
        database.map_err(|cause| ConnectError { database: settings.url.to_string(), cause })
    }
}

async fn when_available(url: &PostgresUrl, settings: &DatabaseSettings) -> Result<Database, Failure> {
    postgres::report(url);
    let Some(limit) = settings.start_timeout else { return postgres::connect(url, settings, SILENCE).await };
    let begin = Instant::now();
    let mut pause = Duration::from_millis(50);
    let mut is_waiting = false;
    let mut report = |cause: &str| {
        if !is_waiting {
            warn!(database = %url, cause, ?limit, "waiting for the database (DATABASE_START_TIMEOUT)");
        }
        is_waiting = true;
    };
    loop {
        let left = limit.saturating_sub(begin.elapsed());
        // The limit is for the whole attempt, which has several steps.
        let attempt = async {
            let connected = timeout(left, postgres::connect(url, settings, left)).await;
            connected.unwrap_or_else(|_elapsed| Err(Failure::no_answer_within(left)))
        };
        let failure = match patient(attempt, &mut report).await {
            Ok(database) => {
                if is_waiting {
                    info!(waited = ?begin.elapsed(), "the database answers");
                }
                return Ok(database);
            }
            Err(failure) => failure,
        };
        if !failure.may_pass {
            return Err(failure);
        }
        if begin.elapsed() + pause >= limit {
            return Err(Failure::lasting(format!("{failure} (waited {limit:?}: DATABASE_START_TIMEOUT)")));
        }
        report(&failure.to_string());
        sleep(pause).await;
        pause = (pause * 2).min(Duration::from_secs(1));
    }
}

/// Reports an attempt that takes long, because a server that wakes up may accept a connection and answer only then.
async fn patient<T>(attempt: impl Future<Output = T>, report: &mut impl FnMut(&str)) -> T {
    let mut attempt = Box::pin(attempt);
    match timeout(SILENCE, &mut attempt).await {
        Ok(outcome) => outcome,
        Err(_elapsed) => {
            report(&Failure::no_answer_within(SILENCE).to_string());
            attempt.await
        }
    }
}
