//! The settings of tokens.

use std::time::Duration;

use anyhow::bail;
use http::AcceptedValues;
use secrecy::{ExposeSecret, SecretString};

use super::{
    development,
    environment::Environment,
    key_set::{self, KeySet},
    session_cookie,
    settings::{
        BETTER_AUTH_SECRET, BETTER_AUTH_URL, CLOCK_SKEW, ENVIRONMENT, JWT_AUDIENCE, JWT_ISSUER, MAX_TOKEN_LIFETIME,
        SESSION_CACHE, SESSION_TOKENS, Sessions,
    },
    stage::Stage,
};

/// The accepted kinds of tokens, and the keys that verify them.
pub(crate) struct Tokens {
    /// Whether clients are told why a token was rejected.
    pub(crate) explains: bool,
    pub(crate) secret: Option<SecretString>,
    pub(crate) key_set: Option<KeySet>,
    /// Whether tokens of the key set are the only configured kind, so that the service is useless without it. Many apps set
    /// both an address and a secret but use only one of them: with a secret, the service must not wait for the key set.
    pub(crate) needs_key_set: bool,
    /// The required issuer and audience of HS256 tokens, if configured.
    pub(crate) issuer: Option<AcceptedValues>,
    pub(crate) audience: Option<AcceptedValues>,
    pub(crate) clock_skew: Duration,
    pub(crate) max_lifetime: Duration,
    pub(crate) sessions: Sessions,
    /// The name of the session cookie.
    pub(crate) session_cookie: String,
    pub(crate) session_cache: Option<Duration>,
}

impl Tokens {
    /// Reads and checks the settings. In development a missing secret is generated, so that `tasks-api token` always works.
    ///
    /// # Errors
    ///
    /// One line that names the variable at fault and what it must be.
    pub(crate) fn read(environment: &Environment) -> anyhow::Result<Self> {
        Self::with(environment, || development::secret().map(Some))
    }

    /// Like [`read`](Self::read), but does not generate a secret.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub(crate) fn read_to_inspect(environment: &Environment) -> anyhow::Result<Self> {
        Self::with(environment, development::kept_secret)
    }

    fn with(environment: &Environment, development_secret: DevelopmentSecret) -> anyhow::Result<Self> {
        let key_set = key_set::read(environment)?;
        let sessions = environment.value(&SESSION_TOKENS)?;
        let secret = secret(environment, key_set.is_some() || sessions == Sessions::Bearer, development_secret)?;
        let secret_is_set = environment.is_set(&BETTER_AUTH_SECRET)?;
        if sessions == Sessions::Cookie && !secret_is_set {
            bail!("SESSION_TOKENS=cookie needs BETTER_AUTH_SECRET: session cookies are signed with it");
        }
        Ok(Self {
            explains: environment.value(&ENVIRONMENT)? == Stage::Development,
            needs_key_set: !secret_is_set && sessions == Sessions::Off,
            secret,
            key_set,
            issuer: environment.optional(&JWT_ISSUER)?,
            audience: environment.optional(&JWT_AUDIENCE)?,
            clock_skew: environment.value(&CLOCK_SKEW)?,
            max_lifetime: environment.value(&MAX_TOKEN_LIFETIME)?,
            sessions,
            session_cookie: session_cookie::read(environment)?,
            session_cache: environment.value(&SESSION_CACHE)?,
        })
    }

    /// Whether session tokens are accepted, which requires their table.
    pub(crate) fn uses_sessions(&self) -> bool {
        self.sessions != Sessions::Off
    }
}

/// The source of a missing secret in development.
type DevelopmentSecret = fn() -> anyhow::Result<Option<SecretString>>;

/// The secret, if there is one.
fn secret(
    environment: &Environment,
    is_optional: bool,
    development_secret: DevelopmentSecret,
) -> anyhow::Result<Option<SecretString>> {
    /// Better Auth's default secret, which is public.
    const PUBLISHED: &str = "better-auth-secret-12345678901234567890";

    let name = BETTER_AUTH_SECRET.name;
    match (environment.optional(&BETTER_AUTH_SECRET)?, environment.value(&ENVIRONMENT)?) {
        (Some(secret), _) if secret.expose_secret() == PUBLISHED => {
            bail!("{name} must not be the default that Better Auth publishes: everyone knows it")
        }
        (Some(secret), _) => Ok(Some(secret)),
        (None, Stage::Development) => development_secret(),
        (None, Stage::Production) if is_optional => Ok(None),
        (None, Stage::Production) => bail!(
            "{} or {name} must be set in production: the address of the Better Auth app, or the secret it signs with ({})",
            BETTER_AUTH_URL.name,
            BETTER_AUTH_SECRET.format.expects()
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &'static [(&str, &str)]) -> anyhow::Result<Tokens> {
        Tokens::read(&Environment::of(variables))
    }

    const PRODUCTION: (&str, &str) = ("ENVIRONMENT", "production");
    const SECRET: (&str, &str) = ("BETTER_AUTH_SECRET", "a secret of the tests, 32 bytes or more");

    #[test]
    fn settings_that_contradict_each_other_are_named() {
        let cases: [(&'static [(&str, &str)], &str); 9] = [
            (&[PRODUCTION], "BETTER_AUTH_URL or BETTER_AUTH_SECRET must be set in production"),
            (&[PRODUCTION, SECRET, ("JWT_ISSUER", "  ")], "JWT_ISSUER must be the exact text of the claim iss"),
            (&[PRODUCTION, SECRET, ("JWT_AUDIENCE", "\t")], "JWT_AUDIENCE must be the exact text of the claim aud"),
            (&[PRODUCTION, ("BETTER_AUTH_URL", "app.example.com")], "BETTER_AUTH_URL must be the http:// or https://"),
            (&[PRODUCTION, ("BETTER_AUTH_URL", "http://app.example.com")], "BETTER_AUTH_URL must be https://"),
            (&[PRODUCTION, ("JWKS_URL", "http://8.8.8.8/jwks")], "JWKS_URL must be https://"),
            (&[PRODUCTION, ("JWKS_URL", "https://app.example.com/jwks")], "JWT_ISSUER must be set if JWKS_URL is"),
            (
                &[PRODUCTION, ("BETTER_AUTH_URL", "https://app.example.com"), ("SESSION_TOKENS", "cookie")],
                "SESSION_TOKENS=cookie needs BETTER_AUTH_SECRET",
            ),
            (
                &[PRODUCTION, ("BETTER_AUTH_URL", "https://app.example.com"), ("SESSION_TOKENS", "on")],
                "SESSION_TOKENS must be off, bearer or cookie",
            ),
        ];
        for (variables, expected) in cases {
            let error = read(variables).err().map(|error| error.to_string()).unwrap_or_default();
            assert!(error.starts_with(expected), "{error}");
        }
    }

    #[test]
    fn session_lookups_are_cached_only_if_configured() {
        let cache = |value| {
            let variables: &'static [_] = Box::leak(Box::new([PRODUCTION, SECRET, ("SESSION_CACHE", value)]));
            read(variables).map(|tokens| tokens.session_cache)
        };

        for off in ["", "off", " off", "off\n"] {
            assert_eq!(cache(off).unwrap(), None, "{off:?}");
        }
        assert_eq!(cache(" 5s ").unwrap(), Some(Duration::from_secs(5)));
        for rejected in ["0", "0s", "61s", "on", " "] {
            assert!(cache(rejected).is_err(), "{rejected:?}");
        }
    }
}
