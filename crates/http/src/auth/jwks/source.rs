//! The port for fetching key sets.

use async_trait::async_trait;
use domain::BoxError;

/// A source of key sets.
#[async_trait]
pub trait KeySource: Send + Sync {
    /// The published key set: JSON that is not validated yet.
    ///
    /// # Errors
    ///
    /// If the set cannot be fetched in time.
    async fn fetch(&self) -> Result<Vec<u8>, BoxError>;
}
