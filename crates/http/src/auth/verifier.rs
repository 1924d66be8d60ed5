//! The interface of the verifiers of JSON Web Tokens.

use async_trait::async_trait;
use domain::Identity;

use super::rejection::VerifyError;

/// Verifies tokens. Each verifier holds its own keys and knows its own algorithms.
#[async_trait]
pub trait TokenVerifier: Send + Sync {
    /// The identity that `token` proves.
    ///
    /// # Errors
    ///
    /// The reason why the token proves none.
    async fn verify(&self, token: &str) -> Result<Identity, VerifyError>;
}
