//! Creates the verifiers of tokens according to the settings.

use std::sync::Arc;

use anyhow::{Context, anyhow};
use domain::{SessionStore, SystemClock};
use http::{
    AcceptedValues, Authenticator, ClaimRules, HttpKeySource, JwksVerifier, Origins, SecretVerifier, SessionVerifier,
};

use crate::config::{KeySet, Sessions, Tokens};

/// All verifiers of tokens.
pub(crate) struct Verifiers {
    pub(crate) authenticator: Authenticator,
    /// The verifier whose key set must be kept fresh.
    pub(crate) jwks: Option<Arc<JwksVerifier>>,
}

impl Verifiers {
    /// Creates the verifiers, without connecting anywhere. Session tokens are looked up in `sessions`; without it they are not
    /// accepted. If the settings allow cookies, session cookies are accepted from `cookie_origins`.
    ///
    /// # Errors
    ///
    /// If the secret is too short, or TLS cannot be set up.
    pub(crate) fn new(
        tokens: &Tokens,
        sessions: Option<Arc<dyn SessionStore>>,
        cookie_origins: &Origins,
    ) -> anyhow::Result<Self> {
        let mut authenticator = Authenticator::default();
        if let Some(secret) = secret_verifier(tokens)? {
            authenticator = authenticator.with_secret(secret);
        }
        let jwks = tokens.key_set.as_ref().map(|key_set| jwks_verifier(tokens, key_set)).transpose()?;
        if let Some(jwks) = &jwks {
            authenticator = authenticator.with_key_set(jwks.clone());
        }
        if let Some(sessions) = sessions {
            let sessions = SessionVerifier::new(sessions, Arc::new(SystemClock), tokens.session_cache);
            authenticator = authenticator.with_sessions(sessions);
        }
        if tokens.sessions == Sessions::Cookie {
            authenticator = authenticator.with_cookies(tokens.session_cookie.clone(), cookie_origins.clone());
        }
        if tokens.explains {
            authenticator = authenticator.explaining();
        }
        Ok(Self { authenticator, jwks })
    }
}

/// The verifier for the shared secret, which can also sign tokens; `None` if there is no secret.
///
/// # Errors
///
/// If the secret is too short.
pub(crate) fn secret_verifier(tokens: &Tokens) -> anyhow::Result<Option<SecretVerifier>> {
    let Some(secret) = &tokens.secret else { return Ok(None) };
    let rules = rules(tokens, tokens.issuer.clone(), tokens.audience.clone());
    SecretVerifier::new(secret, rules).map(Some).map_err(|rule| anyhow!("BETTER_AUTH_SECRET {rule}"))
}

fn jwks_verifier(tokens: &Tokens, key_set: &KeySet) -> anyhow::Result<Arc<JwksVerifier>> {
    let source = HttpKeySource::new(key_set.url.clone()).map_err(|error| anyhow!(error)).context("TLS")?;
    let rules = rules(tokens, Some(key_set.issuer.clone()), Some(key_set.audience.clone()));
    Ok(Arc::new(JwksVerifier::new(Arc::new(source), rules)))
}

fn rules(tokens: &Tokens, issuer: Option<AcceptedValues>, audience: Option<AcceptedValues>) -> ClaimRules {
    let Tokens { clock_skew, max_lifetime, .. } = *tokens;
    ClaimRules { issuer, audience, clock_skew, max_lifetime, clock: Arc::new(SystemClock) }
}
