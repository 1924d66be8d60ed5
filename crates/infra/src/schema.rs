//! Readiness: whether the schema is the one that this program needs, and its role may use the tables.

use std::time::Duration;

use async_trait::async_trait;
use domain::{Readiness, RepositoryError};
use tokio::{sync::Mutex, time::Instant};

use crate::{
    Database, MigrateError,
    error::{DatabaseError, repository_error},
};

/// How long the result of a successful check is reused, so that frequent checks cost little.
const REUSED_FOR: Duration = Duration::from_mins(1);

/// Reports whether the database has every migration that this program needs, and whether its role may use the tables.
///
/// A database with newer migrations is ready too: while a new release replaces this one, both run on the new schema.
#[derive(Debug)]
pub struct SchemaReadiness {
    database: Database,
    reused_for: Duration,
    /// When the last check succeeded. Locked during a check, so that there is one at a time.
    succeeded: Mutex<Option<Instant>>,
}

impl Database {
    /// A readiness check that the schema is the one that this program needs.
    #[must_use]
    pub fn schema(&self) -> SchemaReadiness {
        SchemaReadiness { database: self.clone(), reused_for: REUSED_FOR, succeeded: Mutex::default() }
    }
}

#[async_trait]
impl Readiness for SchemaReadiness {
    async fn check(&self) -> Result<(), RepositoryError> {
        let mut succeeded = self.succeeded.lock().await;
        if succeeded.is_some_and(|at| at.elapsed() < self.reused_for) {
            return Ok(());
        }
        *succeeded = None;
        self.database.check_access().await.map_err(unready)?;
        match self.database.check_migrations().await {
            Ok(()) | Err(MigrateError::Newer(_)) => {}
            Err(error) => return Err(unready(error)),
        }
        *succeeded = Some(Instant::now());
        Ok(())
    }
}

/// A failed query may mean that the database is unavailable. A different schema does not.
fn unready(error: MigrateError) -> RepositoryError {
    match error {
        MigrateError::Failed(cause) => match cause.downcast::<DatabaseError>() {
            Ok(cause) => repository_error(*cause),
            Err(other) => RepositoryError::Failed(other),
        },
        other => RepositoryError::Failed(other.into()),
    }
}

#[cfg(test)]
mod tests;
