//! What statements run on.

mod connector;
mod counters;
mod group_commit;
mod leases;
mod opener;
mod pipeline;
mod pool;
mod session;
mod share;
mod thread;

use std::sync::Arc;

use async_trait::async_trait;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, ExecResult, QueryResult, Statement};

use counters::Counters;
use pipeline::Patience;

pub(crate) use connector::Source;
pub use counters::DatabaseStatistics;
pub(crate) use leases::Leases;
pub(crate) use opener::Opener;

/// A way to the database that runs statements, one at a time or many, and counts them. Clones share it.
#[derive(Debug, Clone)]
pub struct Connection {
    way: Way,
    counters: Arc<Counters>,
}

#[derive(Debug, Clone)]
enum Way {
    /// To Postgres, over connections that stay with the thread that opened them.
    Leases(Leases),
    /// To SQLite.
    Pool(DatabaseConnection),
}

impl From<Leases> for Connection {
    fn from(leases: Leases) -> Self {
        Self { way: Way::Leases(leases), counters: Arc::default() }
    }
}

impl From<DatabaseConnection> for Connection {
    fn from(pool: DatabaseConnection) -> Self {
        Self { way: Way::Pool(pool), counters: Arc::default() }
    }
}

impl Connection {
    pub(crate) fn statistics(&self) -> DatabaseStatistics {
        let statistics = match &self.way {
            Way::Leases(leases) => leases.statistics(),
            Way::Pool(pool) => {
                let pool = pool.get_sqlite_connection_pool();
                let count = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
                let (size, idle) = (count(pool.size()), pool.num_idle());
                DatabaseStatistics {
                    max_connections: count(pool.options().get_max_connections()),
                    size,
                    idle,
                    // The numbers are not read in one moment.
                    waiting: self.counters.in_flight().saturating_sub(size.saturating_sub(idle)),
                    ..DatabaseStatistics::default()
                }
            }
        };
        self.counters.complete(statistics)
    }

    /// Gives this thread connections to Postgres for itself. Those to SQLite are everyone's.
    pub(crate) fn claim_share(&self) {
        if let Way::Leases(leases) = &self.way {
            leases.claim_share();
        }
    }

    /// Lets nobody have a connection to Postgres any more. Those to SQLite are closed with their pool.
    pub(crate) async fn close(&self) {
        if let Way::Leases(leases) = &self.way {
            leases.close().await;
        }
    }
}

/// A connection behind which tasks are kept and sessions are looked up.
pub trait TaskConnection: ConnectionTrait {
    /// The pool, if it is one to SQLite: what Postgres does in one statement can take a transaction there.
    fn sqlite(&self) -> Option<&DatabaseConnection>;

    /// The rows that a statement reads, few and by key: it may share a connection with others.
    fn read(&self, statement: Statement) -> impl Future<Output = Result<Rows, DbErr>> + Send {
        self.read_alone(statement)
    }

    /// The rows that a statement reads by key, which may be many. It may share a connection with others, too.
    fn read_many(&self, statement: Statement) -> impl Future<Output = Result<Rows, DbErr>> + Send {
        self.read(statement)
    }

    /// The rows that a statement reads over a connection to itself, one of those that changes have.
    fn read_alone(&self, statement: Statement) -> impl Future<Output = Result<Rows, DbErr>> + Send {
        async { self.query_all_raw(statement).await.map(Rows::Sqlx) }
    }

    /// The rows that a statement has changed. It may be committed together with others.
    fn write(&self, statement: Statement) -> impl Future<Output = Result<Rows, DbErr>> + Send {
        async { self.query_all_raw(statement).await.map(Rows::Sqlx) }
    }

    /// How many rows a statement has changed, of tasks or users. It may be committed together with others.
    fn count(&self, statement: Statement) -> impl Future<Output = Result<u64, DbErr>> + Send {
        async { Ok(self.execute_raw(statement).await?.rows_affected()) }
    }
}

/// Rows, as one of the drivers has them.
#[derive(Debug)]
pub enum Rows {
    /// Of sqlx.
    Sqlx(Vec<QueryResult>),
    /// Of tokio-postgres.
    TokioPostgres(Vec<tokio_postgres::Row>),
}

impl TaskConnection for DatabaseConnection {
    fn sqlite(&self) -> Option<&DatabaseConnection> {
        (self.get_database_backend() == DbBackend::Sqlite).then_some(self)
    }
}

impl TaskConnection for Connection {
    fn sqlite(&self) -> Option<&DatabaseConnection> {
        match &self.way {
            Way::Leases(_) => None,
            Way::Pool(pool) => pool.sqlite(),
        }
    }

    async fn read(&self, statement: Statement) -> Result<Rows, DbErr> {
        match &self.way {
            // Not counted: who reads together with others does not wait for a connection.
            Way::Leases(leases) => match leases.read_together(&statement, Patience::Own).await {
                Some(rows) => Ok(Rows::TokioPostgres(rows)),
                None => self.read_alone(statement).await,
            },
            Way::Pool(_) => self.read_alone(statement).await,
        }
    }

    async fn read_many(&self, statement: Statement) -> Result<Rows, DbErr> {
        match &self.way {
            Way::Leases(leases) => match leases.read_together(&statement, Patience::Any).await {
                Some(rows) => Ok(Rows::TokioPostgres(rows)),
                None => self.counters.count(leases.read_many_alone(&statement)).await,
            },
            Way::Pool(_) => self.read_alone(statement).await,
        }
    }

    async fn read_alone(&self, statement: Statement) -> Result<Rows, DbErr> {
        match &self.way {
            Way::Leases(leases) => self.counters.count(leases.read_alone(&statement)).await,
            Way::Pool(_) => self.query_all_raw(statement).await.map(Rows::Sqlx),
        }
    }

    async fn write(&self, statement: Statement) -> Result<Rows, DbErr> {
        match &self.way {
            Way::Leases(leases) => self.counters.count(leases.write(statement)).await,
            Way::Pool(_) => self.query_all_raw(statement).await.map(Rows::Sqlx),
        }
    }

    async fn count(&self, statement: Statement) -> Result<u64, DbErr> {
        match &self.way {
            Way::Leases(leases) => self.counters.count(leases.count(statement)).await,
            Way::Pool(_) => Ok(self.execute_raw(statement).await?.rows_affected()),
        }
    }
}

#[async_trait]
impl ConnectionTrait for Connection {
    fn get_database_backend(&self) -> DbBackend {
        match &self.way {
            Way::Leases(_) => DbBackend::Postgres,
            Way::Pool(pool) => pool.get_database_backend(),
        }
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        match &self.way {
            Way::Leases(leases) => self.counters.count(leases.execute(&statement)).await,
            Way::Pool(pool) => self.counters.count(pool.execute_raw(statement)).await,
        }
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        match &self.way {
            Way::Leases(leases) => self.counters.count(leases.execute_unprepared(sql)).await,
            Way::Pool(pool) => self.counters.count(pool.execute_unprepared(sql)).await,
        }
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        match &self.way {
            Way::Leases(leases) => self.counters.count(leases.query_one(&statement)).await,
            Way::Pool(pool) => self.counters.count(pool.query_one_raw(statement)).await,
        }
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        match &self.way {
            Way::Leases(leases) => self.counters.count(leases.query_all(&statement)).await,
            Way::Pool(pool) => self.counters.count(pool.query_all_raw(statement)).await,
        }
    }
}

#[cfg(test)]
mod tests;
