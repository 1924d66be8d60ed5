//! Whether the schema suits this program.

use std::time::Duration;

use async_trait::async_trait;
use domain::{Readiness, RepositoryError};
use tokio::{sync::Mutex, time::Instant};

use crate::{
    Database, MigrateError,
    error::{DatabaseError, repository_error},
};

/// For how long a schema that was right is taken to be right still, so that asking often costs little.
const GOOD_FOR: Duration = Duration::from_mins(1);

/// Tells whether the database has taken every step of the schema that this program needs.
///
/// One that has taken further ones since the start still serves: while a new release takes the place of this one, both run on
/// the new schema.
#[derive(Debug)]
pub struct SchemaReadiness {
    database: Database,
    good_for: Duration,
    /// When it was last right. Held while the database is asked, so that one asks at a time.
    was_right: Mutex<Option<Instant>>,
}

impl Database {
    /// Reports whether the schema is the one that this program was written for.
    #[must_use]
    pub fn schema(&self) -> SchemaReadiness {
        SchemaReadiness { database: self.clone(), good_for: GOOD_FOR, was_right: Mutex::default() }
    }
}

#[async_trait]
impl Readiness for SchemaReadiness {
    async fn check(&self) -> Result<(), RepositoryError> {
        let mut was_right = self.was_right.lock().await;
        if was_right.is_some_and(|at| at.elapsed() < self.good_for) {
            return Ok(());
        }
        *was_right = None;
        match self.database.check_schema().await {
            Ok(()) | Err(MigrateError::Newer(_)) => {}
            Err(error) => return Err(meaning(error)),
        }
        *was_right = Some(Instant::now());
        Ok(())
    }
}

/// A database that cannot be asked is out of reach; one that answers with another schema is not.
fn meaning(error: MigrateError) -> RepositoryError {
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
