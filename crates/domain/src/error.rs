//! Errors of the ports.

/// Any error, kept as the source of another.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Why a repository failed.
///
/// There is a variant for each case that callers handle differently. An absent row is not an error.
#[derive(Debug, thiserror::Error)]
pub enum RepositoryError {
    /// There is no user with the owner's id.
    #[error("the owner is not a known user")]
    UnknownOwner,
    /// The store cannot be reached or is overloaded. The same call may succeed a moment later.
    ///
    /// If the connection was lost after a write was sent, the outcome of that write is unknown.
    #[error("the store is unavailable")]
    Unavailable(#[source] BoxError),
    /// Anything else: a defect in the program or in the data.
    #[error("the store failed")]
    Failed(#[source] BoxError),
}
