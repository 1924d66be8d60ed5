//! The port for readiness checks.

use async_trait::async_trait;

use crate::RepositoryError;

/// Reports whether something the service depends on is ready.
#[async_trait]
pub trait Readiness: Send + Sync {
    /// Succeeds if a request that arrives now can be served.
    ///
    /// # Errors
    ///
    /// As [`TaskRepository`](crate::TaskRepository).
    async fn check(&self) -> Result<(), RepositoryError>;
}
