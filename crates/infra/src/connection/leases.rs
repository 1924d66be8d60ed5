//! Connections to Postgres that stay with the thread that opened them.
//!
//! sqlx's own pool pings a connection whenever it comes back, from a task of its own, and hands it to any thread: under
//! load most of the time goes into that. Here a thread takes and returns its own connections, and one is pinged only
//! after it was idle for a while. What else a pool owes, this does too: dead peers are found by bounded pings, no
//! statement is waited for without limit, and a connection on which a statement was broken off is never used again.

use std::{
    cell::Cell,
    fmt, io,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use deadpool::managed::{Object, Pool, PoolError};
use futures_util::future::join_all;
use sea_orm::{ConnAcquireErr, DbErr, ExecResult, QueryResult, RuntimeErr, Statement, Values};
use sea_query_sqlx::SqlxValues;
use sqlx::{
    AssertSqlSafe, Executor, PgConnection, Postgres,
    postgres::{PgConnectOptions, PgQueryResult, PgRow},
    query::Query,
};
use tokio::time::{sleep, timeout};
use tokio_postgres::Row;

use super::{
    Rows,
    connector::{Connector, Source},
    counters::DatabaseStatistics,
    opener::Opener,
    session::{Answer, Session},
    share::Share,
};
use crate::{
    DatabaseSettings,
    error::{is_lost_against_another, is_read_only, leaves_connection_usable},
};

/// How much longer than Postgres the caller waits for the end of a statement: Postgres stops one that takes too long, and
/// the connection goes on. Only where nothing is heard of it is the connection given up.
const GRACE: Duration = Duration::from_millis(200);

/// How often a statement is run that loses against another transaction.
const ATTEMPTS: u32 = 4;

/// Connections to one Postgres, a share of them for each thread. Clones share them.
#[derive(Clone)]
pub struct Leases(Arc<Shared>);

struct Shared {
    shares: Vec<Share>,
    /// How many threads have claimed a share.
    claimed: AtomicUsize,
    acquire_timeout: Duration,
    statement_limit: Duration,
    retries: AtomicU64,
}

impl Leases {
    /// Shares out the connections that `settings` allow, those that `opener` opens among them if there is one. None is
    /// opened before it is needed.
    pub(crate) fn new(
        options: PgConnectOptions,
        opener: Option<Opener>,
        settings: &DatabaseSettings,
    ) -> Result<Self, DbErr> {
        let connections = usize::try_from(settings.max_connections.max(1)).unwrap_or(usize::MAX);
        let threads = settings.threads.clamp(1, connections);
        let connector = Connector::new(options, settings);
        let for_tasks = opener.map(|opener| connector.with(opener));
        let share = |number| {
            // What does not divide evenly goes to the first ones.
            let size = connections / threads + usize::from(number < connections % threads);
            Share::new(&connector, for_tasks.as_ref(), size, settings)
        };
        let shares = (0..threads).map(share).collect::<Result<_, _>>();
        Ok(Self(Arc::new(Shared {
            shares: shares.map_err(|error| DbErr::Custom(error.to_string()))?,
            claimed: AtomicUsize::new(0),
            acquire_timeout: settings.acquire_timeout,
            statement_limit: settings.statement_timeout + GRACE,
            retries: AtomicU64::new(0),
        })))
    }

    pub(super) async fn execute(&self, statement: &Statement) -> Result<ExecResult, DbErr> {
        let done = self.run(&self.share().for_all_else, &Execute(statement)).await;
        done.map(ExecResult::from).map_err(|failure| failure.during(DbErr::Exec))
    }

    pub(super) async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        let done = self.run(&self.share().for_all_else, &ExecuteUnprepared(sql)).await;
        done.map(ExecResult::from).map_err(|failure| failure.during(DbErr::Exec))
    }

    pub(super) async fn query_one(&self, statement: &Statement) -> Result<Option<QueryResult>, DbErr> {
        Ok(self.query_all(statement).await?.into_iter().next())
    }

    pub(super) async fn query_all(&self, statement: &Statement) -> Result<Vec<QueryResult>, DbErr> {
        let rows = self
            .run(&self.share().for_all_else, &FetchAll(statement))
            .await
            .map_err(|failure| failure.during(DbErr::Query))?;
        Ok(rows.into_iter().map(QueryResult::from).collect())
    }

    /// Reads rows over the connection that reads share, or returns `None` if a connection of one's own is better.
    pub(super) async fn read_together(&self, statement: &Statement) -> Option<Vec<Row>> {
        self.share().for_tasks.as_ref()?.reads.read(statement).await
    }

    /// Changes rows, or reads them, and returns them.
    pub(super) async fn write(&self, statement: &Statement) -> Result<Rows, DbErr> {
        match self.run_on_session(statement).await {
            Some(answer) => Ok(Rows::TokioPostgres(answer?.rows)),
            None => self.query_all(statement).await.map(Rows::Sqlx),
        }
    }

    /// Changes rows, and tells how many.
    pub(super) async fn count(&self, statement: &Statement) -> Result<u64, DbErr> {
        match self.run_on_session(statement).await {
            Some(answer) => Ok(answer?.affected),
            None => Ok(self.execute(statement).await?.rows_affected()),
        }
    }

    /// `None` if all connections are of the other driver.
    async fn run_on_session(&self, statement: &Statement) -> Option<Result<Answer, DbErr>> {
        let pool = &self.share().for_tasks.as_ref()?.changes;
        let answer = self.run(pool, &RunOnSession(statement)).await;
        Some(answer.map_err(|failure| failure.during(DbErr::Query)))
    }

    pub(super) fn statistics(&self) -> DatabaseStatistics {
        let empty = DatabaseStatistics { retries: self.0.retries.load(Ordering::Relaxed), ..Default::default() };
        self.0.shares.iter().flat_map(Share::statistics).fold(empty, |sum, part| DatabaseStatistics {
            max_connections: sum.max_connections + part.max_connections,
            size: sum.size + part.size,
            idle: sum.idle + part.idle,
            pipelined: sum.pipelined + part.pipelined,
            ..sum
        })
    }

    /// Gives this thread the next share. Threads that claim none use the first one beside its owner.
    pub(super) fn claim_share(&self) {
        if number_of_this_thread().is_none() {
            NUMBER.set(Some(self.0.claimed.fetch_add(1, Ordering::Relaxed)));
        }
    }

    /// Lets nobody have a connection any more, and closes those that nobody has.
    pub(super) async fn close(&self) {
        join_all(self.0.shares.iter().map(Share::close)).await;
    }

    /// Runs a statement, and again if it lost against another transaction. Each statement is a transaction of its own, so
    /// that one that lost has done nothing.
    async fn run<R: Run>(&self, pool: &Pool<Connector<R::Source>>, statement: &R) -> Result<R::Output, Failure> {
        let mut attempt = 1;
        loop {
            match self.run_once(pool, statement).await {
                Err(Failure::Statement(error)) if attempt < ATTEMPTS && is_lost_against_another(&error) => {
                    self.0.retries.fetch_add(1, Ordering::Relaxed);
                    sleep(pause_after(attempt)).await;
                    attempt += 1;
                }
                outcome => return outcome,
            }
        }
    }

    /// Takes the connection out of its slot while the statement runs, and puts it back only if the statement came to an
    /// end: if that is not waited for, because the caller has gone, the connection goes with it.
    async fn run_once<R: Run>(&self, pool: &Pool<Connector<R::Source>>, statement: &R) -> Result<R::Output, Failure> {
        let mut slot = self.lease(pool).await.map_err(Failure::Lease)?;
        let Some(mut connection) = slot.connection.take() else {
            return Err(Failure::Lease(DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed)));
        };
        let limit = self.0.statement_limit;
        let outcome =
            timeout(limit, statement.run_on(&mut connection)).await.unwrap_or_else(|_elapsed| Err(no_answer(limit)));
        match &outcome {
            // Dropped: the next session may take writes again. Those that only read need not notice.
            Err(error) if is_read_only(error) => {}
            Err(error) if !leaves_connection_usable(error) => pool.manager().report_death(),
            _ => slot.put_back(connection),
        }
        outcome.map_err(Failure::Statement)
    }

    fn share(&self) -> &Share {
        &self.0.shares[number_of_this_thread().unwrap_or(0) % self.0.shares.len()]
    }

    async fn lease<S: Source>(&self, pool: &Pool<Connector<S>>) -> Result<Object<Connector<S>>, DbErr> {
        match timeout(self.0.acquire_timeout, pool.get()).await {
            Ok(Ok(slot)) => Ok(slot),
            Ok(Err(PoolError::Backend(error))) => Err(DbErr::Conn(RuntimeErr::SqlxError(error.into()))),
            Ok(Err(PoolError::Closed)) => Err(DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed)),
            Ok(Err(_)) | Err(_) => Err(DbErr::ConnectionAcquire(ConnAcquireErr::Timeout)),
        }
    }
}

impl fmt::Debug for Leases {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Leases").finish_non_exhaustive()
    }
}

enum Failure {
    /// There was no connection to be had.
    Lease(DbErr),
    /// The statement failed.
    Statement(sqlx::Error),
}

impl Failure {
    fn during(self, wrap: fn(RuntimeErr) -> DbErr) -> DbErr {
        match self {
            Self::Lease(error) => error,
            Self::Statement(error) => wrap(RuntimeErr::SqlxError(error.into())),
        }
    }
}

fn no_answer(limit: Duration) -> sqlx::Error {
    let message = format!("Postgres did not answer within {} ms", limit.as_millis());
    io::Error::new(io::ErrorKind::TimedOut, message).into()
}

/// Something to run on a connection, as often as need be.
trait Run: Sync {
    type Source: Source;
    type Output: Send;

    fn run_on(
        &self,
        connection: &mut <Self::Source as Source>::Connection,
    ) -> impl Future<Output = Result<Self::Output, sqlx::Error>> + Send;
}

struct Execute<'s>(&'s Statement);
struct ExecuteUnprepared<'s>(&'s str);
struct FetchAll<'s>(&'s Statement);
struct RunOnSession<'s>(&'s Statement);

impl Run for Execute<'_> {
    type Source = PgConnectOptions;
    type Output = PgQueryResult;

    async fn run_on(&self, connection: &mut PgConnection) -> Result<PgQueryResult, sqlx::Error> {
        query(self.0).execute(connection).await
    }
}

impl Run for ExecuteUnprepared<'_> {
    type Source = PgConnectOptions;
    type Output = PgQueryResult;

    async fn run_on(&self, connection: &mut PgConnection) -> Result<PgQueryResult, sqlx::Error> {
        connection.execute(AssertSqlSafe(self.0.to_owned())).await
    }
}

impl Run for FetchAll<'_> {
    type Source = PgConnectOptions;
    type Output = Vec<PgRow>;

    async fn run_on(&self, connection: &mut PgConnection) -> Result<Vec<PgRow>, sqlx::Error> {
        query(self.0).fetch_all(connection).await
    }
}

impl Run for RunOnSession<'_> {
    type Source = Opener;
    type Output = Answer;

    async fn run_on(&self, session: &mut Session) -> Result<Answer, sqlx::Error> {
        session.run(self.0).await
    }
}

fn query(statement: &Statement) -> Query<'_, Postgres, SqlxValues> {
    let values = statement.values.clone().unwrap_or(Values(Vec::new()));
    sqlx::query_with(AssertSqlSafe(statement.sql.as_str()), SqlxValues(values))
}

/// Some milliseconds, more after each attempt. Those who lost against each other must not meet again, so each thread
/// waits for a time of its own.
fn pause_after(attempt: u32) -> Duration {
    let apart = u64::try_from(number_of_this_thread().unwrap_or(0) % 8).unwrap_or(0);
    Duration::from_millis(apart + 1) * 3_u32.pow(attempt)
}

thread_local! {
    static NUMBER: Cell<Option<usize>> = const { Cell::new(None) };
}

fn number_of_this_thread() -> Option<usize> {
    NUMBER.get()
}
