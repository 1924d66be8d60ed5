//! The port through which key sets come.

use async_trait::async_trait;
use domain::BoxError;

/// Where a key set comes from.
#[async_trait]
pub trait KeySource: Send + Sync {
    /// The key set as it is published: JSON that has yet to be validated.
    ///
    /// # Errors
    ///
    /// If it cannot be fetched in time.
    async fn fetch(&self) -> Result<Vec<u8>, BoxError>;
}
