//! Runs statements over the executor: on Postgres, unless the settings choose SeaORM's own connection.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use async_trait::async_trait;
use pg_executor::{Connector, Executor, Parameter, Settings};
use sea_orm::{DbBackend, DbErr, Value};

use super::{
    connection::{Answer, Connection},
    rows::Rows,
    statement::{Kind, Statement},
};
use crate::{error::DatabaseError, statistics::DatabaseStatistics};

/// An executor, and a count of statements that validation should have prevented.
#[derive(Debug)]
pub(crate) struct ExecutorConnection {
    executor: Executor,
    validation_gaps: AtomicU64,
}

impl ExecutorConnection {
    /// Opens no connection: statements open them on demand.
    pub(crate) fn new(connector: &Connector, settings: &Settings) -> Self {
        Self { executor: Executor::new(connector, settings), validation_gaps: AtomicU64::new(0) }
    }

    fn failed(&self, error: pg_executor::Error) -> DatabaseError {
        let error = DatabaseError::Executor(error);
        self.validation_gaps.fetch_add(error.report_validation_gap().into(), Relaxed);
        error
    }
}

#[async_trait]
impl Connection for ExecutorConnection {
    fn backend(&self) -> DbBackend {
        DbBackend::Postgres
    }

    async fn run(&self, statement: Statement) -> Result<Answer, DatabaseError> {
        let statement = translated(statement)?;
        self.executor.run(statement).await.map(Answer::from).map_err(|error| self.failed(error))
    }

    async fn run_all(&self, statements: Vec<Statement>) -> Result<Vec<Answer>, DatabaseError> {
        let statements = statements.into_iter().map(translated).collect::<Result<_, _>>()?;
        let answers = self.executor.run_batch(statements).await.map_err(|error| self.failed(error))?;
        Ok(answers.into_iter().map(Answer::from).collect())
    }

    fn statistics(&self) -> DatabaseStatistics {
        DatabaseStatistics {
            connections: self.executor.statistics(),
            validation_gaps: self.validation_gaps.load(Relaxed),
        }
    }

    async fn close(&self) {
        self.executor.close().await;
    }
}

impl From<pg_executor::Answer> for Answer {
    fn from(answer: pg_executor::Answer) -> Self {
        Self { affected: answer.affected, rows: Rows::Executor(answer) }
    }
}

fn translated(Statement { sql, values, kind }: Statement) -> Result<pg_executor::Statement, DatabaseError> {
    let kind = match kind {
        Kind::Read => pg_executor::Kind::Read,
        Kind::ReadMany => pg_executor::Kind::ReadMany,
        Kind::Write | Kind::WriteReturning => pg_executor::Kind::Write,
    };
    let parameters = values.into_iter().map(parameter).collect::<Result<_, _>>()?;
    Ok(pg_executor::Statement { sql, parameters, kind })
}

/// A value of one of the types that can be [bound](super::statement::Bindable).
fn parameter(value: Value) -> Result<Parameter, DbErr> {
    Ok(match value {
        Value::Bool(value) => value.into(),
        Value::SmallInt(value) => value.into(),
        Value::Int(value) => value.into(),
        Value::BigInt(value) => value.into(),
        Value::Float(value) => value.into(),
        Value::Double(value) => value.into(),
        Value::String(value) => value.into(),
        Value::Bytes(value) => value.into(),
        Value::TimeDate(value) => value.into(),
        Value::TimeTime(value) => value.into(),
        Value::TimeDateTime(value) => value.into(),
        Value::TimeDateTimeWithTimeZone(value) => value.into(),
        Value::Uuid(value) => value.into(),
        // The set of variants depends on the enabled features of SeaORM.
        other => return Err(DbErr::Type(format!("a value of type {:?} cannot be bound", other.array_type()))),
    })
}
