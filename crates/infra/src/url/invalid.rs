//! The error for an invalid database URL.

/// The rule that a URL breaks. The text follows the name of a setting: `must be postgres://… or sqlite:…`.
///
/// It never quotes a part of the URL.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidDatabaseUrl(pub(super) String);
