//! Connections to Postgres that stay with the thread that opened them.
//!
//! sqlx's own pool pings a connection whenever it comes back, from a task of its own, and hands it to any thread: under
//! load most of the time goes into that. Here a thread takes and returns its own connections, and one is pinged only
//! after it was idle for a while. What else a pool owes, this does too: dead peers are found by bounded pings, no
//! statement is waited for without limit, and a connection on which a statement was broken off is never used again.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use futures_util::future::join_all;
use sea_orm::{DbErr, ExecResult, QueryResult, Statement, Values};
use sea_query_sqlx::SqlxValues;
use sqlx::{
    AssertSqlSafe, Executor, PgConnection, Postgres,
    postgres::{PgConnectOptions, PgQueryResult, PgRow},
    query::Query,
};
use tokio_postgres::Row;

use super::{
    Rows, connector::Connector, counters::DatabaseStatistics, group_commit::Alone, opener::Opener, pipeline::Patience,
    pool::Run, share::Share, thread,
};
use crate::DatabaseSettings;

/// Connections to one Postgres, a share of them for each thread. Clones share them.
#[derive(Clone)]
pub struct Leases(Arc<Shared>);

struct Shared {
    shares: Vec<Share>,
    /// How many threads have claimed a share.
    claimed: AtomicUsize,
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
        })))
    }

    pub(super) async fn execute(&self, statement: &Statement) -> Result<ExecResult, DbErr> {
        let done = self.share().for_all_else.run(&Execute(statement)).await;
        done.map(ExecResult::from).map_err(|failure| failure.during(DbErr::Exec))
    }

    pub(super) async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        let done = self.share().for_all_else.run(&ExecuteUnprepared(sql)).await;
        done.map(ExecResult::from).map_err(|failure| failure.during(DbErr::Exec))
    }

    pub(super) async fn query_one(&self, statement: &Statement) -> Result<Option<QueryResult>, DbErr> {
        Ok(self.query_all(statement).await?.into_iter().next())
    }

    pub(super) async fn query_all(&self, statement: &Statement) -> Result<Vec<QueryResult>, DbErr> {
        let rows = self.share().for_all_else.run(&FetchAll(statement)).await;
        let rows = rows.map_err(|failure| failure.during(DbErr::Query))?;
        Ok(rows.into_iter().map(QueryResult::from).collect())
    }

    /// Reads rows over the connection that reads share, or returns `None` if a connection of one's own is better.
    pub(super) async fn read_together(&self, statement: &Statement, patience: Patience) -> Option<Vec<Row>> {
        self.share().for_tasks.as_ref()?.reads.read(statement, patience).await
    }

    /// Reads rows over a connection of one's own.
    pub(super) async fn read_alone(&self, statement: &Statement) -> Result<Rows, DbErr> {
        match &self.share().for_tasks {
            Some(for_tasks) => Ok(Rows::TokioPostgres(for_tasks.changes.run_alone(statement).await?.rows)),
            None => self.query_all(statement).await.map(Rows::Sqlx),
        }
    }

    /// Reads rows, which may be many, over a connection of one's own.
    pub(super) async fn read_many_alone(&self, statement: &Statement) -> Result<Rows, DbErr> {
        let for_tasks = self.share().for_tasks.as_ref();
        let Some(long_reads) = for_tasks.and_then(|for_tasks| for_tasks.long_reads.as_ref()) else {
            return self.read_alone(statement).await;
        };
        let answer = long_reads.run(&Alone(statement)).await;
        Ok(Rows::TokioPostgres(answer.map_err(|failure| failure.during(DbErr::Query))?.rows))
    }

    /// Changes rows, and returns them.
    pub(super) async fn write(&self, statement: Statement) -> Result<Rows, DbErr> {
        match &self.share().for_tasks {
            Some(for_tasks) => Ok(Rows::TokioPostgres(for_tasks.changes.make(statement).await?.rows)),
            None => self.query_all(&statement).await.map(Rows::Sqlx),
        }
    }

    /// Changes rows, and tells how many.
    pub(super) async fn count(&self, statement: Statement) -> Result<u64, DbErr> {
        match &self.share().for_tasks {
            Some(for_tasks) => Ok(for_tasks.changes.make(statement).await?.affected),
            None => Ok(self.execute(&statement).await?.rows_affected()),
        }
    }

    pub(super) fn statistics(&self) -> DatabaseStatistics {
        let parts = self.0.shares.iter().flat_map(Share::statistics);
        parts.fold(DatabaseStatistics::default(), |sum, part| DatabaseStatistics {
            max_connections: sum.max_connections + part.max_connections,
            size: sum.size + part.size,
            idle: sum.idle + part.idle,
            waiting: sum.waiting + part.waiting,
            retries: sum.retries + part.retries,
            pipelined: sum.pipelined + part.pipelined,
            grouped: sum.grouped + part.grouped,
            ungrouped: sum.ungrouped + part.ungrouped,
            ..sum
        })
    }

    /// Gives this thread the next share. Threads that claim none use the first one beside its owner.
    pub(super) fn claim_share(&self) {
        thread::number_with(|| self.0.claimed.fetch_add(1, Ordering::Relaxed));
    }

    /// Lets nobody have a connection any more, and closes those that nobody has.
    pub(super) async fn close(&self) {
        join_all(self.0.shares.iter().map(Share::close)).await;
    }

    fn share(&self) -> &Share {
        &self.0.shares[thread::number().unwrap_or(0) % self.0.shares.len()]
    }
}

impl fmt::Debug for Leases {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Leases").finish_non_exhaustive()
    }
}

struct Execute<'s>(&'s Statement);
struct ExecuteUnprepared<'s>(&'s str);
struct FetchAll<'s>(&'s Statement);

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

fn query(statement: &Statement) -> Query<'_, Postgres, SqlxValues> {
    let values = statement.values.clone().unwrap_or(Values(Vec::new()));
    sqlx::query_with(AssertSqlSafe(statement.sql.as_str()), SqlxValues(values))
}
