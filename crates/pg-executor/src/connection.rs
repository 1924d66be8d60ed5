//! One connection to Postgres.

mod prepared;
mod transaction;

pub(crate) use transaction::Begin;

use std::time::{Duration, Instant};

use futures_util::{TryStreamExt, pin_mut};
use tokio::{
    runtime::Handle,
    task::{JoinHandle, spawn_blocking},
    time::timeout,
};
use tokio_postgres::{Client, Row};
use tracing::{debug, warn};

use crate::{
    Answer, Connector, Error, Settings, Statement,
    connector::{Driver, drive},
    line::Line,
};
use prepared::PreparedStatements;

/// How long a connection may take to answer a ping, or to close. Without a limit, peers that vanish silently would make the
/// connections unusable for good, one after the other.
pub(crate) const PING_LIMIT: Duration = Duration::from_millis(300);

/// A connection that is being opened.
pub(crate) type Opening = JoinHandle<Result<PgConnection, Error>>;

/// A connection to Postgres. Several statements may be in flight. Dropping it closes it at once, even with statements in
/// flight.
pub(crate) struct PgConnection {
    client: Client,
    driver: Driving,
    line: Line,
    statements: PreparedStatements,
    opened: Instant,
    slow: Duration,
}

/// The task that sends and receives. It is aborted when this value is dropped.
struct Driving(JoinHandle<()>);

impl Drop for Driving {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl PgConnection {
    /// Opens a connection that the current runtime serves. The work runs on another thread: the driver hashes the password
    /// thousands of times without yielding, which would delay other statements.
    pub(crate) fn open(connector: Connector, settings: &Settings) -> Opening {
        let (limit, slow) = (2 * settings.acquire_timeout, settings.slow_statement);
        let runtime = Handle::current();
        spawn_blocking(move || {
            runtime.block_on(async {
                let (client, driver, _server) = connector.open(limit).await?;
                Ok(Self::new(client, driver, slow))
            })
        })
    }

    fn new(client: Client, driver: Driver, slow: Duration) -> Self {
        let driver = Driving(tokio::spawn(drive(driver)));
        let line = Line::new(driver.0.abort_handle());
        Self { client, driver, line, statements: PreparedStatements::new(), opened: Instant::now(), slow }
    }

    pub(crate) fn opened(&self) -> Instant {
        self.opened
    }

    /// Whether the connection can no longer send.
    pub(crate) fn is_closed(&self) -> bool {
        self.client.is_closed() || self.line.is_closed()
    }

    /// Whether the connection is older than this, or has left too many unused statements prepared in Postgres.
    pub(crate) fn is_to_be_replaced(&self, max_lifetime: Duration) -> bool {
        self.opened.elapsed() > max_lifetime || self.statements.are_too_many()
    }

    /// Returns when Postgres has answered everything sent before.
    pub(crate) async fn ping(&self) -> Result<(), Error> {
        self.client.check_connection().await.map_err(Error::of_statement)
    }

    /// Ends the session. The wait is short, because the peer may have vanished.
    pub(crate) async fn close(self) {
        let Self { client, mut driver, .. } = self;
        // The driver then sends its termination message and ends. If that fails, it is aborted.
        drop(client);
        let _ = timeout(PING_LIMIT, &mut driver.0).await;
    }

    /// Runs a statement. Others may be in flight: answers come in the order of the statements.
    pub(crate) async fn run(&self, statement: &Statement) -> Result<Answer, Error> {
        let _logged = self.logged(&statement.sql, 1);
        let mut answer = self.attempt(statement).await;
        if answer.as_ref().is_err_and(Error::is_outdated_plan) {
            self.statements.forget(&statement.sql);
            answer = self.attempt(statement).await;
        }
        if matches!(answer, Err(Error::Protocol(_))) {
            // Further answers may be those of other statements.
            self.line.close();
        }
        answer
    }

    async fn attempt(&self, statement: &Statement) -> Result<Answer, Error> {
        let prepared = self.statements.prepare(&self.client, statement).await?;
        self.answer(&prepared, statement).await
    }

    async fn answer(&self, prepared: &tokio_postgres::Statement, statement: &Statement) -> Result<Answer, Error> {
        let rows = self.client.query_raw(prepared, &statement.parameters).await.map_err(Error::of_statement)?;
        pin_mut!(rows);
        let all: Result<Vec<Row>, _> = rows.as_mut().try_collect().await;
        match (all, rows.rows_affected()) {
            (Ok(rows), affected) => Ok(Answer { rows, affected: affected.unwrap_or(0), line: self.line.clone() }),
            (Err(error), None) => Err(Error::of_statement(error)),
            // Outside of a transaction, Postgres commits a statement after it has reported its end.
            (Err(error), Some(_)) => Err(Error::of_commit(error)),
        }
    }

    /// Logs the statement when it ends, even if it fails or its caller has stopped waiting. Slow statements are warnings.
    /// Values appear as placeholders. A transaction is logged as its first statement and the number of its statements.
    fn logged<'s>(&self, statement: &'s str, statements: usize) -> impl Drop + use<'s> {
        let slow = self.slow;
        scopeguard::guard(Instant::now(), move |begin| {
            let elapsed = begin.elapsed();
            if elapsed > slow {
                warn!(statement, statements, ?elapsed, "slow statement");
            } else {
                debug!(statement, statements, ?elapsed);
            }
        })
    }
}
