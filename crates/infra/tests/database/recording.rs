//! A connection that remembers what it was asked.

use std::sync::Mutex;

use async_trait::async_trait;
use infra::TaskConnection;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, ExecResult, QueryResult, Statement};

#[derive(Debug)]
pub(crate) struct Recording<'c> {
    connection: &'c DatabaseConnection,
    statements: &'c Mutex<Vec<Statement>>,
}

impl<'c> Recording<'c> {
    pub(crate) fn new(connection: &'c DatabaseConnection, statements: &'c Mutex<Vec<Statement>>) -> Self {
        Self { connection, statements }
    }

    fn record(&self, statement: &Statement) {
        self.statements.lock().unwrap().push(statement.clone());
    }
}

/// What was asked since this was last asked.
pub(crate) fn taken(statements: &Mutex<Vec<Statement>>) -> Vec<Statement> {
    std::mem::take(&mut statements.lock().unwrap())
}

#[async_trait]
impl ConnectionTrait for Recording<'_> {
    fn get_database_backend(&self) -> DbBackend {
        self.connection.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.record(&statement);
        self.connection.execute_raw(statement).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.record(&Statement::from_string(self.get_database_backend(), sql));
        self.connection.execute_unprepared(sql).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.record(&statement);
        self.connection.query_one_raw(statement).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.record(&statement);
        self.connection.query_all_raw(statement).await
    }
}

impl TaskConnection for Recording<'_> {
    fn sqlite(&self) -> Option<&DatabaseConnection> {
        self.connection.sqlite()
    }
}
