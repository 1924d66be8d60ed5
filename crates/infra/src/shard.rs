//! Distributes the tables over the workers of a Citus cluster.
//!
//! This is a command of the operator. Each statement is a transaction of its own, because Citus refuses some of them in a transaction
//! with others. If one fails, those before it are done, and the next run begins with it.

mod cluster;
mod node;
mod plan;

use sea_orm::{ConnectionTrait, DbBackend};

use crate::{Database, DatabaseError, MigrateError};
pub use node::{Node, Nodes};
pub use plan::{ShardStep, StepState};

/// The tables could not be distributed. The message is one line that says what to do.
#[derive(Debug, thiserror::Error)]
pub enum ShardError {
    /// The database is SQLite.
    #[error(
        "DATABASE_URL is SQLite: only a Postgres with the extension citus distributes tables (docs/scaling.md#citus)"
    )]
    NotPostgres,
    /// The server does not have the extension.
    #[error(
        "the extension citus is missing in this database: on each node add it to shared_preload_libraries, restart, and run \
         CREATE EXTENSION citus (docs/scaling.md#citus)"
    )]
    NoCitus,
    /// A table is distributed in another way, by hand.
    #[error(
        "{0} is already distributed, but not as it must be: run SELECT undistribute_table('{0}') and then this command again"
    )]
    Otherwise(String),
    /// The catalog could not be read, or migrations are missing.
    #[error(transparent)]
    Schema(#[from] MigrateError),
    /// A statement failed.
    #[error("{sql} failed: {cause}: run the command again, which says what is done and runs the rest")]
    Failed {
        /// The statement.
        sql: String,
        /// Why it failed.
        cause: DatabaseError,
    },
}

impl Database {
    /// The statements that distribute the tables, in the order in which they must run, and which of them are done. Changes nothing.
    ///
    /// # Errors
    ///
    /// Every [`ShardError`] but [`ShardError::Failed`].
    pub async fn shard_steps(&self, nodes: &Nodes) -> Result<Vec<ShardStep>, ShardError> {
        if self.pool.get_database_backend() != DbBackend::Postgres {
            return Err(ShardError::NotPostgres);
        }
        if !cluster::has_citus(&self.pool).await.map_err(MigrateError::from)? {
            return Err(ShardError::NoCitus);
        }
        self.check_schema().await?;
        plan::steps(&cluster::read(&self.pool, &self.wanted).await?, nodes)
    }

    /// Runs a step. It is done at once or not at all.
    ///
    /// # Errors
    ///
    /// [`ShardError::Failed`], also if the connection is lost before the answer.
    pub async fn run_shard_step(&self, step: &ShardStep) -> Result<(), ShardError> {
        match self.pool.execute_unprepared(&step.sql).await {
            Ok(_) => Ok(()),
            Err(error) => Err(ShardError::Failed { sql: step.sql.clone(), cause: error.into() }),
        }
    }

    /// Logs one warning if the server has Citus and does not distribute the tables of this program as it should.
    pub async fn warn_of_unsharded_tables(&self) {
        match self.unsharded().await {
            Ok(None) => {}
            Ok(Some(faults)) => tracing::warn!(
                "the server has the extension citus, but {faults}: run `tasks-api shard` (docs/scaling.md#citus)"
            ),
            // What is not known need not be wrong, and the service works on.
            Err(error) => tracing::warn!(%error, "it could not be read whether Citus distributes the tables"),
        }
    }

    async fn unsharded(&self) -> Result<Option<String>, MigrateError> {
        if self.pool.get_database_backend() != DbBackend::Postgres || !cluster::has_citus(&self.pool).await? {
            return Ok(None);
        }
        let faults = plan::faults(&cluster::read(&self.pool, &self.wanted).await?);
        Ok((!faults.is_empty()).then(|| faults.join(", ")))
    }
}
