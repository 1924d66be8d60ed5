//! The prepared statements of one connection.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use quick_cache::sync::Cache;
use scopeguard::ScopeGuard;
use tokio_postgres::{Client, types::Type};

use crate::{Error, Parameter, Statement};

/// How many statements a connection keeps prepared.
const CAPACITY: usize = 100;

/// The statements that Postgres has prepared for a connection, by SQL text.
pub(super) struct PreparedStatements {
    statements: Cache<Arc<str>, tokio_postgres::Statement>,
    /// How many orphans Postgres may keep: prepared statements whose caller stopped waiting before the answer came.
    orphans: AtomicUsize,
}

impl PreparedStatements {
    pub(super) fn new() -> Self {
        Self { statements: Cache::new(CAPACITY), orphans: AtomicUsize::new(0) }
    }

    /// Whether Postgres may keep more orphans than used statements.
    pub(super) fn are_too_many(&self) -> bool {
        self.orphans.load(Ordering::Relaxed) > CAPACITY
    }

    /// The prepared statement, if there is one for parameters of these types.
    pub(super) fn get(&self, statement: &Statement) -> Option<tokio_postgres::Statement> {
        let prepared = self.statements.get(&*statement.sql)?;
        let types = statement.parameters.iter().map(Parameter::type_of);
        types.eq(prepared.params().iter().cloned()).then_some(prepared)
    }

    /// Prepares the statement unless it is already prepared.
    pub(super) async fn prepare(
        &self,
        client: &Client,
        statement: &Statement,
    ) -> Result<tokio_postgres::Statement, Error> {
        if let Some(prepared) = self.get(statement) {
            return Ok(prepared);
        }
        let types: Vec<Type> = statement.parameters.iter().map(Parameter::type_of).collect();
        let orphan = scopeguard::guard((), |()| {
            self.orphans.fetch_add(1, Ordering::Relaxed);
        });
        let prepared = client.prepare_typed(&statement.sql, &types).await;
        ScopeGuard::into_inner(orphan);
        let prepared = prepared.map_err(Error::of_statement)?;
        let (placeholders, parameters) = (prepared.params().len(), types.len());
        if placeholders != parameters {
            return Err(Error::ParameterCount { placeholders, parameters });
        }
        self.statements.insert(Arc::clone(&statement.sql), prepared.clone());
        Ok(prepared)
    }

    /// Removes the statement, so that it is prepared again on its next use.
    pub(super) fn forget(&self, sql: &str) {
        self.statements.remove(sql);
    }
}
