//! A connection with a hook before each statement.

use std::{
    fmt,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use futures_util::{FutureExt, future::BoxFuture};
use infra::{Answer, Connection, DatabaseError, DatabaseStatistics, Statement};
use sea_orm::DbBackend;

type Hook = Box<dyn Fn(Statement) -> BoxFuture<'static, Statement> + Send + Sync>;

/// Calls the hook before each statement and runs the statement that the hook returns.
pub(crate) struct Tapped {
    connection: Arc<dyn Connection>,
    hook: Hook,
}

/// The statements that went through a connection.
#[derive(Debug, Clone, Default)]
pub(crate) struct Recorded(Arc<Mutex<Vec<Statement>>>);

impl Tapped {
    pub(crate) fn before_each(
        connection: Arc<dyn Connection>,
        hook: impl Fn(Statement) -> BoxFuture<'static, Statement> + Send + Sync + 'static,
    ) -> Arc<dyn Connection> {
        Arc::new(Self { connection, hook: Box::new(hook) })
    }

    /// A connection that records its statements.
    pub(crate) fn recording(connection: Arc<dyn Connection>) -> (Arc<dyn Connection>, Recorded) {
        let recorded = Recorded::default();
        let record = recorded.clone();
        let recording = Self::before_each(connection, move |statement| {
            record.0.lock().unwrap().push(statement.clone());
            async { statement }.boxed()
        });
        (recording, recorded)
    }
}

impl Recorded {
    /// The statements since the last call.
    pub(crate) fn take(&self) -> Vec<Statement> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

impl fmt::Debug for Tapped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.connection.fmt(f)
    }
}

#[async_trait]
impl Connection for Tapped {
    fn backend(&self) -> DbBackend {
        self.connection.backend()
    }

    async fn run(&self, statement: Statement) -> Result<Answer, DatabaseError> {
        self.connection.run((self.hook)(statement).await).await
    }

    async fn run_all(&self, statements: Vec<Statement>) -> Result<Vec<Answer>, DatabaseError> {
        let mut tapped = Vec::new();
        for statement in statements {
            tapped.push((self.hook)(statement).await);
        }
        self.connection.run_all(tapped).await
    }

    fn statistics(&self) -> DatabaseStatistics {
        self.connection.statistics()
    }

    async fn close(&self) {
        self.connection.close().await;
    }
}
