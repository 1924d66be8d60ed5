//! Users and sessions, as far as tasks need them. The sign-in service owns both.

use async_trait::async_trait;

use crate::{OwnerId, RepositoryError, Timestamp};

/// The user that a verified token names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The user's id. It alone decides what they may see.
    pub id: OwnerId,
    /// The user's name, if the token contains one.
    pub name: Option<String>,
    /// The user's e-mail address, if the token contains one.
    pub email: Option<String>,
}

/// Creates the missing row of a user with a verified token.
///
/// For installations where nothing else creates users, such as development without a sign-in service.
#[async_trait]
pub trait UserProvisioner: Send + Sync {
    /// Adds the user. Changes nothing if the id exists. If another user has the e-mail address, the new row gets a placeholder
    /// address, and the other user is not changed.
    ///
    /// # Errors
    ///
    /// As [`TaskRepository`](crate::TaskRepository).
    async fn provision(&self, user: &Identity, now: Timestamp) -> Result<(), RepositoryError>;
}

/// A session of the sign-in service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The user who signed in.
    pub owner: OwnerId,
    /// When it expires. The row may be deleted later.
    pub expires_at: Timestamp,
}

/// Finds sessions by their token.
#[async_trait]
pub trait SessionStore: Send + Sync {
    /// The session with this token, expired or not. `None` if there is none, or if its user id is no valid [`OwnerId`].
    ///
    /// # Errors
    ///
    /// As [`TaskRepository`](crate::TaskRepository).
    async fn session(&self, token: &str) -> Result<Option<Session>, RepositoryError>;
}
