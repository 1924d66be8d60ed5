//! Runs statements over SeaORM's own connection: on SQLite, and on Postgres where the executor is not used.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use async_trait::async_trait;
use pg_executor::Statistics;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbBackend, DbErr, SqliteTransactionMode, TransactionOptions, TransactionTrait,
    Values,
};
use sqlx::Pool;

use super::{
    connection::{Answer, Connection},
    rows::Rows,
    statement::{Kind, Statement},
};
use crate::{
    connect::Route,
    error::{DatabaseError, is_acquire_timeout},
    statistics::DatabaseStatistics,
};

/// SeaORM's own connection, which is a pool.
#[derive(Debug)]
pub(crate) struct SeaOrmConnection {
    pool: DatabaseConnection,
    /// How the pool reaches Postgres.
    _route: Option<Arc<Route>>,
    /// Calls in progress: they run a statement or wait for a connection.
    in_flight: AtomicU64,
    acquire_timeouts: AtomicU64,
    validation_gaps: AtomicU64,
}

impl SeaOrmConnection {
    pub(crate) fn new(pool: DatabaseConnection, route: Option<Arc<Route>>) -> Self {
        let (in_flight, acquire_timeouts, validation_gaps) = Default::default();
        Self { pool, _route: route, in_flight, acquire_timeouts, validation_gaps }
    }

    async fn counted<T>(&self, work: impl Future<Output = Result<T, DbErr>> + Send) -> Result<T, DatabaseError> {
        self.in_flight.fetch_add(1, Relaxed);
        // Also if the caller stops waiting.
        let _ended = scopeguard::guard((), |()| {
            self.in_flight.fetch_sub(1, Relaxed);
        });
        work.await.map_err(|error| {
            self.acquire_timeouts.fetch_add(is_acquire_timeout(&error).into(), Relaxed);
            let error = DatabaseError::SeaOrm(error);
            self.validation_gaps.fetch_add(error.report_validation_gap().into(), Relaxed);
            error
        })
    }
}

#[async_trait]
impl Connection for SeaOrmConnection {
    fn backend(&self) -> DbBackend {
        self.pool.get_database_backend()
    }

    async fn run(&self, statement: Statement) -> Result<Answer, DatabaseError> {
        self.counted(run(&self.pool, statement)).await
    }

    async fn run_all(&self, statements: Vec<Statement>) -> Result<Vec<Answer>, DatabaseError> {
        self.counted(async {
            let transaction = self.pool.begin_with_options(immediate()).await?;
            let mut answers = Vec::with_capacity(statements.len());
            for statement in statements {
                answers.push(run(&transaction, statement).await?);
            }
            transaction.commit().await?;
            Ok(answers)
        })
        .await
    }

    fn statistics(&self) -> DatabaseStatistics {
        let (max_connections, size, idle) = match self.backend() {
            DbBackend::Sqlite => connections(self.pool.get_sqlite_connection_pool()),
            _ => connections(self.pool.get_postgres_connection_pool()),
        };
        let in_flight = usize::try_from(self.in_flight.load(Relaxed)).unwrap_or(usize::MAX);
        let connections = Statistics {
            max_connections,
            size,
            idle,
            // The numbers are not read at the same moment.
            waiting: in_flight.saturating_sub(size.saturating_sub(idle)),
            acquire_timeouts: self.acquire_timeouts.load(Relaxed),
            ..Statistics::default()
        };
        DatabaseStatistics { connections, validation_gaps: self.validation_gaps.load(Relaxed) }
    }

    async fn close(&self) {
        if let Err(error) = self.pool.close_by_ref().await {
            tracing::warn!(%error, "the connections to the database could not be closed");
        }
    }
}

/// The maximum number of connections, the number of open ones, and the number of idle ones.
fn connections<DB: sqlx::Database>(pool: &Pool<DB>) -> (usize, usize, usize) {
    let count = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
    (count(pool.options().get_max_connections()), count(pool.size()), pool.num_idle())
}

/// On SQLite a transaction that writes from its begin on. One that begins with a read may fail to get the write lock later.
pub(crate) fn immediate() -> TransactionOptions {
    TransactionOptions { sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate), ..Default::default() }
}

/// Runs a statement on a connection or in a transaction.
pub(crate) async fn run(connection: &impl ConnectionTrait, statement: Statement) -> Result<Answer, DbErr> {
    let kind = statement.kind;
    let statement = sea_orm::Statement {
        sql: statement.sql.to_string(),
        values: Some(Values(statement.values)),
        db_backend: connection.get_database_backend(),
    };
    if kind == Kind::Write {
        let affected = connection.execute_raw(statement).await?.rows_affected();
        return Ok(Answer { rows: Rows::SeaOrm(Vec::new()), affected });
    }
    // Read all rows, even if there can be only one. SQLite commits a statement when it ends. If reading stops after the first
    // row, sqlx ends the statement without checking the result, and a full disk would go unnoticed.
    let rows = connection.query_all_raw(statement).await?;
    Ok(Answer { affected: rows.len() as u64, rows: Rows::SeaOrm(rows) })
}
