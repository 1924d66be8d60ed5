//! Connections to Postgres that stay with the thread that opened them.
//!
//! sqlx's own pool pings a connection whenever it comes back, from a task of its own, and hands it to any thread: under
//! load most of the time goes into that. Here a thread takes and returns its own connections, and one is pinged only
//! after it was idle for a while. What else a pool owes, this does too: dead peers are found by bounded pings, no
//! statement is waited for without limit, and a connection on which a statement was broken off is never used again.
//!
//! One of the connections of each thread is a pipeline, for reads.

use std::{
    cell::Cell,
    fmt, io,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use deadpool::managed::{BuildError, Object, Pool, PoolError, QueueMode};
use futures_util::future::join_all;
use sea_orm::{ConnAcquireErr, DbErr, ExecResult, QueryResult, RuntimeErr, Statement, Values};
use sea_query_sqlx::SqlxValues;
use sqlx::{
    AssertSqlSafe, Executor, PgConnection, Postgres,
    postgres::{PgQueryResult, PgRow},
    query::Query,
};
use tokio::time::{sleep, timeout};

use super::{
    connector::{Connector, Slot},
    counters::DatabaseStatistics,
    pipeline::{Opener, Pipeline},
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

/// How many connections a thread must have for one of them to be a pipeline.
const ENOUGH_FOR_A_PIPELINE: usize = 4;

/// Connections to one Postgres, a share of them for each thread. Clones share them.
#[derive(Clone)]
pub struct Leases(Arc<Shared>);

struct Shared {
    connector: Connector,
    shares: Vec<Share>,
    /// How many threads have claimed a share.
    claimed: AtomicUsize,
    acquire_timeout: Duration,
    statement_limit: Duration,
    retries: AtomicU64,
}

/// The connections of one thread.
struct Share {
    /// One for each statement that runs.
    pool: Pool<Connector>,
    /// One for reads, as many as come. It counts as one of the share.
    pipeline: Option<Pipeline>,
}

impl Leases {
    /// Shares out the connections that `settings` allow. None is opened before it is needed.
    pub(crate) fn new(
        connector: &Connector,
        opener: Option<&Opener>,
        settings: &DatabaseSettings,
    ) -> Result<Self, DbErr> {
        let connections = usize::try_from(settings.max_connections.max(1)).unwrap_or(usize::MAX);
        let threads = settings.threads.clamp(1, connections);
        let share = |number| {
            // What does not divide evenly goes to the first ones.
            let size = connections / threads + usize::from(number < connections % threads);
            let pipeline = opener.filter(|_| size >= ENOUGH_FOR_A_PIPELINE).cloned();
            let pipeline = pipeline.map(|opener| Pipeline::new(opener, settings));
            let size = size - usize::from(pipeline.is_some());
            // The one that was used last comes first, so that those there is no need of grow idle and are closed.
            let pool = Pool::builder(connector.for_another_share()).max_size(size).queue_mode(QueueMode::Lifo);
            Ok(Share { pool: pool.build()?, pipeline })
        };
        let shares = (0..threads).map(share).collect::<Result<_, BuildError>>();
        let leases = Self(Arc::new(Shared {
            connector: connector.clone(),
            shares: shares.map_err(|error| DbErr::Custom(error.to_string()))?,
            claimed: AtomicUsize::new(0),
            acquire_timeout: settings.acquire_timeout,
            statement_limit: settings.statement_timeout + GRACE,
            retries: AtomicU64::new(0),
        }));
        for share in &leases.0.shares {
            tokio::spawn(share.pool.manager().clone().close_unused(share.pool.weak()));
        }
        Ok(leases)
    }

    pub(super) async fn execute(&self, statement: &Statement) -> Result<ExecResult, DbErr> {
        let done = self.run(&Execute(statement)).await;
        done.map(ExecResult::from).map_err(|failure| failure.during(DbErr::Exec))
    }

    pub(super) async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        let done = self.run(&ExecuteUnprepared(sql)).await;
        done.map(ExecResult::from).map_err(|failure| failure.during(DbErr::Exec))
    }

    pub(super) async fn query_one(&self, statement: &Statement) -> Result<Option<QueryResult>, DbErr> {
        Ok(self.query_all(statement).await?.into_iter().next())
    }

    pub(super) async fn query_all(&self, statement: &Statement) -> Result<Vec<QueryResult>, DbErr> {
        let rows = self.run(&FetchAll(statement)).await.map_err(|failure| failure.during(DbErr::Query))?;
        Ok(rows.into_iter().map(QueryResult::from).collect())
    }

    /// The rows that a statement reads together with others, or `None` if it should rather be run by itself.
    pub(super) async fn read(&self, statement: &Statement) -> Option<Vec<tokio_postgres::Row>> {
        self.share().pipeline.as_ref()?.read(statement).await
    }

    pub(super) fn statistics(&self) -> DatabaseStatistics {
        let empty = DatabaseStatistics { retries: self.0.retries.load(Ordering::Relaxed), ..Default::default() };
        self.0.shares.iter().fold(empty, |sum, Share { pool, pipeline }| {
            let pool = pool.status();
            let (size, idle) = pipeline.as_ref().map_or((0, 0), Pipeline::size_and_idle);
            DatabaseStatistics {
                max_connections: sum.max_connections + pool.max_size + usize::from(pipeline.is_some()),
                size: sum.size + pool.size + size,
                idle: sum.idle + pool.available + idle,
                ..sum
            }
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
        let shut = self.0.shares.iter().map(|Share { pool, pipeline }| {
            let unused = pool.retain(|_, _| false).removed;
            pool.close();
            async move {
                join_all(unused.into_iter().map(Slot::close)).await;
                if let Some(pipeline) = pipeline {
                    pipeline.shut().await;
                }
            }
        });
        join_all(shut).await;
    }

    /// Runs a statement, and again if it lost against another transaction. Each statement is a transaction of its own, so
    /// that one that lost has done nothing.
    async fn run<S: Run>(&self, statement: &S) -> Result<S::Output, Failure> {
        let mut attempt = 1;
        loop {
            match self.run_once(statement).await {
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
    async fn run_once<S: Run>(&self, statement: &S) -> Result<S::Output, Failure> {
        let mut slot = self.lease().await.map_err(Failure::Lease)?;
        let Some(mut connection) = slot.connection.take() else {
            return Err(Failure::Lease(DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed)));
        };
        let limit = self.0.statement_limit;
        let outcome =
            timeout(limit, statement.run_on(&mut connection)).await.unwrap_or_else(|_elapsed| Err(no_answer(limit)));
        match &outcome {
            // Dropped: the next session may take writes again. Those that only read need not notice.
            Err(error) if is_read_only(error) => {}
            Err(error) if !leaves_connection_usable(error) => self.0.connector.report_death(),
            _ => slot.put_back(connection),
        }
        outcome.map_err(Failure::Statement)
    }

    fn share(&self) -> &Share {
        &self.0.shares[number_of_this_thread().unwrap_or(0) % self.0.shares.len()]
    }

    async fn lease(&self) -> Result<Object<Connector>, DbErr> {
        match timeout(self.0.acquire_timeout, self.share().pool.get()).await {
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
    type Output: Send;

    fn run_on(&self, connection: &mut PgConnection) -> impl Future<Output = Result<Self::Output, sqlx::Error>> + Send;
}

struct Execute<'s>(&'s Statement);
struct ExecuteUnprepared<'s>(&'s str);
struct FetchAll<'s>(&'s Statement);

impl Run for Execute<'_> {
    type Output = PgQueryResult;

    async fn run_on(&self, connection: &mut PgConnection) -> Result<PgQueryResult, sqlx::Error> {
        query(self.0).execute(connection).await
    }
}

impl Run for ExecuteUnprepared<'_> {
    type Output = PgQueryResult;

    async fn run_on(&self, connection: &mut PgConnection) -> Result<PgQueryResult, sqlx::Error> {
        connection.execute(AssertSqlSafe(self.0.to_owned())).await
    }
}

impl Run for FetchAll<'_> {
    type Output = Vec<PgRow>;

    async fn run_on(&self, connection: &mut PgConnection) -> Result<Vec<PgRow>, sqlx::Error> {
        query(self.0).fetch_all(connection).await
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
