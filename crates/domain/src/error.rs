//! What can go wrong behind a port.

/// Any error, kept as the cause of another.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Why a repository could not do what it was asked.
///
/// There is a variant only where a caller acts differently. That a row is absent is no error: it is `None` or `false`.
#[derive(Debug, thiserror::Error)]
pub enum RepositoryError {
    /// The owner has no row among the users, so nothing can belong to them.
    #[error("the owner is not among the users")]
    UnknownOwner,
    /// The store is out of reach or overloaded. The same call may succeed a moment later.
    ///
    /// If the connection was lost after a write was sent, it is not known whether that write took place.
    #[error("the store is out of reach")]
    Unavailable(#[source] BoxError),
    /// Anything else: a defect, in the program or in the data.
    #[error("the store failed")]
    Failed(#[source] BoxError),
}
