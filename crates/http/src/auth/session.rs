//! Better Auth's session tokens, looked up in its session table, so that a sign-out takes effect at once.

use std::{ops::RangeInclusive, sync::Arc, time::Duration};

use domain::{Clock, Identity, RepositoryError, Session, SessionStore};
use quick_cache::sync::Cache;
use sha2::{Digest, Sha256};
use tokio::time::Instant;

use super::{
    credential::SessionToken,
    rejection::{Rejection, VerifyError},
    secret::SecretVerifier,
};

/// The maximum number of cached sessions.
const CAPACITY: usize = 10_000;

/// The accepted lengths of session tokens. Shorter ones could be guessed.
const TOKEN_BYTES: RangeInclusive<usize> = 16..=128;

/// Verifies session tokens.
pub struct SessionVerifier {
    store: Arc<dyn SessionStore>,
    clock: Arc<dyn Clock>,
    /// How long a cached session may be used. `None` disables the cache.
    reuse: Option<Duration>,
    found: Cache<[u8; 32], (Session, Instant)>,
}

impl SessionVerifier {
    /// A verifier that looks up each token, or uses a cached session for up to `reuse`. A sign-out takes effect at the latest
    /// after that time.
    #[must_use]
    pub fn new(store: Arc<dyn SessionStore>, clock: Arc<dyn Clock>, reuse: Option<Duration>) -> Self {
        Self { store, clock, reuse, found: Cache::new(CAPACITY) }
    }

    /// Looks up the identity that a session token proves.
    pub(super) async fn verify(
        &self,
        token: &SessionToken<'_>,
        secret: Option<&SecretVerifier>,
    ) -> Result<Identity, VerifyError> {
        if !is_signed(token, secret) {
            return Err(Rejection::BadSessionSignature.into());
        }
        if !may_be_session_token(&token.token) {
            return Err(Rejection::NoSession.into());
        }
        let session = self.look_up(&token.token).await?;
        if self.reuse.is_some() {
            match &session {
                Some(session) => self.found.insert(digest(&token.token), (session.clone(), Instant::now())),
                None => drop(self.found.remove(&digest(&token.token))),
            }
        }
        self.identity(session.ok_or(Rejection::NoSession)?).ok_or(Rejection::NoSession.into())
    }

    /// The identity of a token whose session is cached.
    pub(super) fn remembered(&self, token: &SessionToken<'_>, secret: Option<&SecretVerifier>) -> Option<Identity> {
        let reuse = self.reuse.filter(|_| may_be_session_token(&token.token))?;
        let (session, at) = self.found.get(&digest(&token.token))?;
        if at.elapsed() < reuse && is_signed(token, secret) { self.identity(session) } else { None }
    }

    /// The identity that a session proves, unless it has expired.
    fn identity(&self, session: Session) -> Option<Identity> {
        let is_current = session.expires_at > self.clock.now();
        is_current.then_some(Identity { id: session.owner, name: None, email: None })
    }

    async fn look_up(&self, token: &str) -> Result<Option<Session>, VerifyError> {
        self.store.session(token).await.map_err(|error| match error {
            RepositoryError::Unavailable(cause) => VerifyError::Unavailable(cause),
            other => VerifyError::Failed(other.into()),
        })
    }
}

/// Whether a token is signed as it must be. In a cookie it needs a signature. A bearer token's is checked if there is one, as in
/// Better Auth.
fn is_signed(token: &SessionToken<'_>, secret: Option<&SecretVerifier>) -> bool {
    match (&token.signature, secret) {
        (Some(signature), Some(secret)) => secret.signed(&token.token, signature),
        (Some(_), None) => false,
        (None, _) => !token.in_cookie,
    }
}

fn digest(token: &str) -> [u8; 32] {
    Sha256::digest(token).into()
}

/// Whether the text could be a token and is worth a lookup. Better Auth's tokens have 32 letters and digits; an app may
/// generate others of this form.
fn may_be_session_token(text: &str) -> bool {
    TOKEN_BYTES.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}
