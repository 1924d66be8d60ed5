//! Users, as far as tasks need them. Whoever signs them up owns them.

use async_trait::async_trait;

use crate::{OwnerId, RepositoryError, Timestamp};

/// Who is asking, as a verified token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The user's id: the one thing that decides what they may see.
    pub id: OwnerId,
    /// The user's name, if the token holds one.
    pub name: Option<String>,
    /// The user's e-mail address, if the token holds one.
    pub email: Option<String>,
}

/// Makes the row of a user whom a token names but whom the store does not know.
///
/// For set-ups where nothing else makes users, such as development without a sign-in service.
#[async_trait]
pub trait UserProvisioner: Send + Sync {
    /// Adds the user; changes nothing if the id is taken. Where the e-mail address is another user's, one that cannot exist
    /// stands in, and the other user stays as they are.
    ///
    /// # Errors
    ///
    /// As [`TaskRepository`](crate::TaskRepository).
    async fn provision(&self, user: &Identity, now: Timestamp) -> Result<(), RepositoryError>;
}

/// A session that a sign-in service began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Whose session it is.
    pub owner: OwnerId,
    /// When it ends. The row may outlive that.
    pub expires_at: Timestamp,
}

/// Finds sessions by the token that proves them.
#[async_trait]
pub trait SessionStore: Send + Sync {
    /// The session with this token, whether it has ended or not; `None` if there is none, or its user breaks the rule of
    /// [`OwnerId`].
    ///
    /// # Errors
    ///
    /// As [`TaskRepository`](crate::TaskRepository).
    async fn session(&self, token: &str) -> Result<Option<Session>, RepositoryError>;
}
