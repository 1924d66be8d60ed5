//! Which tokens are accepted, as the settings say.

mod key_set;

use std::{str::FromStr, sync::Arc, time::Duration};

use anyhow::{Context, anyhow, bail};
use domain::{SessionStore, SystemClock};
use http::{Authenticator, ClaimRules, HttpKeySource, JwksVerifier, SecretVerifier, SessionVerifier};
use secrecy::SecretString;

use self::key_set::KeySet;
pub(crate) use self::key_set::app_origin;
use crate::{
    config::{self, Stage},
    development,
    settings::{self, Environment},
};

/// The kinds of tokens that are accepted, and with which keys.
pub(crate) struct TokenConfig {
    stage: Stage,
    secret: Option<SecretString>,
    key_set: Option<KeySet>,
    /// Whether no other kind of token was asked for, so that nobody can be let in without a key set.
    key_set_is_all: bool,
    /// What HS256 tokens must name, where that is set.
    issuer: Option<String>,
    audience: Option<String>,
    max_lifetime: Duration,
    sessions: Sessions,
    session_reuse: Option<Duration>,
}

/// The longest that a sign-out may go unnoticed.
const LONGEST_SESSION_CACHE: Duration = Duration::from_mins(1);

/// What is accepted of Better Auth's session tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sessions {
    Off,
    Bearer,
    Cookie,
}

impl FromStr for Sessions {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        match text {
            "off" => Ok(Self::Off),
            "bearer" => Ok(Self::Bearer),
            "cookie" => Ok(Self::Cookie),
            _ => bail!("none of these"),
        }
    }
}

/// What the settings make of all this: who is let in, and what has to be looked after for that.
pub(crate) struct Verifiers {
    pub(crate) authenticator: Authenticator,
    /// Its key set has to be kept fresh, and it is part of being ready.
    pub(crate) jwks: Option<Arc<JwksVerifier>>,
}

impl TokenConfig {
    /// Reads and checks the settings. Development makes a secret where there is none, so that `tasks-api token` always has
    /// one.
    ///
    /// # Errors
    ///
    /// One line that names the variable at fault and what it must be.
    pub(crate) fn read(environment: &Environment) -> anyhow::Result<Self> {
        Self::with(environment, || development::secret().map(Some))
    }

    /// The same, and makes nothing.
    ///
    /// # Errors
    ///
    /// One line that names the variable at fault and what it must be.
    pub(crate) fn read_to_inspect(environment: &Environment) -> anyhow::Result<Self> {
        Self::with(environment, development::kept_secret)
    }

    fn with(environment: &Environment, of_development: SecretOfDevelopment) -> anyhow::Result<Self> {
        let stage = environment.value(&settings::ENVIRONMENT)?;
        let app = key_set::app_url(environment)?;
        let key_set = key_set::read(environment, app.as_ref())?;
        let sessions = environment.value(&settings::SESSION_TOKENS)?;
        let secret = secret(environment, key_set.is_some() || sessions == Sessions::Bearer, of_development)?;
        let secret_is_set = environment.as_it_is(&settings::BETTER_AUTH_SECRET)?.is_some();
        if sessions == Sessions::Cookie && !secret_is_set {
            bail!("SESSION_TOKENS=cookie needs BETTER_AUTH_SECRET: session cookies are signed with it");
        }
        Ok(Self {
            stage,
            key_set_is_all: !secret_is_set && sessions == Sessions::Off,
            secret,
            key_set,
            issuer: environment.text(&settings::JWT_ISSUER)?,
            audience: environment.text(&settings::JWT_AUDIENCE)?,
            max_lifetime: config::duration(environment, &settings::MAX_TOKEN_LIFETIME)?,
            sessions,
            session_reuse: session_reuse(environment)?,
        })
    }

    /// Whether session tokens are accepted, so that their table must be there.
    pub(crate) fn uses_sessions(&self) -> bool {
        self.sessions != Sessions::Off
    }

    /// Whether the service is of no use as long as there is no key set. Many apps set an address and a secret and use one of
    /// them: such a service must not wait for the other.
    pub(crate) fn needs_key_set(&self) -> bool {
        self.key_set_is_all
    }

    /// How long a token may be good at the most.
    pub(crate) fn max_lifetime(&self) -> Duration {
        self.max_lifetime
    }

    /// The verifier of the secret, which also mints; `None` where there is no secret.
    ///
    /// # Errors
    ///
    /// If the secret is too short.
    pub(crate) fn minter(&self) -> anyhow::Result<Option<SecretVerifier>> {
        let Some(secret) = &self.secret else { return Ok(None) };
        let rules = self.rules(self.issuer.clone(), self.audience.clone());
        SecretVerifier::new(secret, rules).map(Some).map_err(|rule| anyhow!("BETTER_AUTH_SECRET {rule}"))
    }

    /// Makes the verifiers. None of them needs anything to be reachable yet. `sessions` is where session tokens are
    /// looked up; without it they are not accepted. `cookie_origins` may send them in a cookie, where that is accepted.
    ///
    /// # Errors
    ///
    /// If the secret is too short, or TLS cannot be set up.
    pub(crate) fn verifiers(
        &self,
        sessions: Option<Arc<dyn SessionStore>>,
        cookie_origins: &[String],
    ) -> anyhow::Result<Verifiers> {
        let mut authenticator = Authenticator::default();
        if let Some(secret) = self.minter()? {
            authenticator = authenticator.with_secret(secret);
        }
        let mut jwks = None;
        if let Some(key_set) = &self.key_set {
            let source = HttpKeySource::new(key_set.url.to_string()).map_err(|error| anyhow!(error)).context("TLS")?;
            let rules = self.rules(Some(key_set.issuer.clone()), Some(key_set.audience.clone()));
            let verifier = Arc::new(JwksVerifier::new(Arc::new(source), rules));
            authenticator = authenticator.with_key_set(verifier.clone());
            jwks = Some(verifier);
        }
        if let Some(sessions) = sessions {
            let sessions = SessionVerifier::new(sessions, Arc::new(SystemClock), self.session_reuse);
            authenticator = authenticator.with_sessions(sessions);
        }
        if self.sessions == Sessions::Cookie {
            authenticator = authenticator.with_cookies_from(cookie_origins.to_vec());
        }
        if self.stage == Stage::Development {
            authenticator = authenticator.explaining();
        }
        Ok(Verifiers { authenticator, jwks })
    }

    fn rules(&self, issuer: Option<String>, audience: Option<String>) -> ClaimRules {
        ClaimRules { issuer, audience, max_lifetime: self.max_lifetime, clock: Arc::new(SystemClock) }
    }
}

fn session_reuse(environment: &Environment) -> anyhow::Result<Option<Duration>> {
    match environment.text(&settings::SESSION_CACHE)?.as_deref() {
        None | Some("off") => Ok(None),
        Some(_) => match config::duration(environment, &settings::SESSION_CACHE)? {
            span if span > LONGEST_SESSION_CACHE => Err(settings::SESSION_CACHE.must_be_what_it_expects()),
            span => Ok(Some(span)),
        },
    }
}

/// Where the secret comes from in development, if it is not set.
type SecretOfDevelopment = fn() -> anyhow::Result<Option<SecretString>>;

/// The secret, where there is one.
fn secret(
    environment: &Environment,
    is_optional: bool,
    of_development: SecretOfDevelopment,
) -> anyhow::Result<Option<SecretString>> {
    /// Better Auth signs with this where no secret is set; everyone knows it.
    const PUBLISHED: &str = "better-auth-secret-12345678901234567890";

    let setting = &settings::BETTER_AUTH_SECRET;
    match (environment.as_it_is(setting)?, environment.value(&settings::ENVIRONMENT)?) {
        (Some(secret), _) if secret == PUBLISHED => {
            bail!("{} must not be the one that Better Auth publishes as its default: everyone knows it", setting.name)
        }
        (Some(secret), _) if secret.len() < SecretVerifier::MIN_SECRET_BYTES => Err(setting.must_be_what_it_expects()),
        (Some(secret), _) => Ok(Some(secret.into())),
        (None, Stage::Development) => of_development(),
        (None, Stage::Production) if is_optional => Ok(None),
        (None, Stage::Production) => bail!(
            "{} or {} must be set in production: the address of the Better Auth app, or the secret it signs with ({})",
            settings::BETTER_AUTH_URL.name,
            setting.name,
            setting.expects
        ),
    }
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;

    fn read(variables: &'static [(&str, &str)]) -> anyhow::Result<TokenConfig> {
        TokenConfig::read(&Environment::of(variables))
    }

    fn key_set(variables: &'static [(&str, &str)]) -> (String, String, String) {
        let set = read(variables).unwrap().key_set.unwrap();
        (set.url.to_string(), set.issuer, set.audience)
    }

    const PRODUCTION: (&str, &str) = ("ENVIRONMENT", "production");
    const SECRET: (&str, &str) = ("BETTER_AUTH_SECRET", "a secret of the tests, 32 bytes or more");

    #[test]
    fn one_address_says_where_the_keys_are_and_who_issues() {
        for address in ["http://localhost:3000", "http://localhost:3000/", "http://localhost:3000/?x#y"] {
            let variables: &'static [_] = Box::leak(Box::new([PRODUCTION, ("BETTER_AUTH_URL", address)]));
            let origin = "http://localhost:3000".to_owned();
            assert_eq!(key_set(variables), (format!("{origin}/api/auth/jwks"), origin.clone(), origin));
        }
        assert_eq!(
            key_set(&[PRODUCTION, ("BETTER_AUTH_URL", "https://example.com/app/api/auth")]),
            (
                "https://example.com/app/api/auth/jwks".to_owned(),
                "https://example.com".to_owned(),
                "https://example.com".to_owned()
            )
        );
    }

    #[test]
    fn the_keys_may_be_reached_by_another_address_than_the_issuer_names() {
        let found = key_set(&[
            PRODUCTION,
            ("BETTER_AUTH_URL", "https://app.example.com"),
            ("JWKS_URL", "http://web:3000/api/auth/jwks"),
            ("JWT_AUDIENCE", "tasks"),
        ]);
        assert_eq!(
            found,
            ("http://web:3000/api/auth/jwks".to_owned(), "https://app.example.com".to_owned(), "tasks".to_owned())
        );
    }

    #[test]
    fn settings_that_do_not_go_together_are_refused_by_name() {
        let cases: [(&'static [(&str, &str)], &str); 9] = [
            (&[PRODUCTION], "BETTER_AUTH_URL or BETTER_AUTH_SECRET must be set in production"),
            (&[PRODUCTION, SECRET, ("JWT_ISSUER", "  ")], "JWT_ISSUER must be the exact text of the claim iss"),
            (&[PRODUCTION, SECRET, ("JWT_AUDIENCE", "\t")], "JWT_AUDIENCE must be the exact text of the claim aud"),
            (&[PRODUCTION, ("BETTER_AUTH_URL", "app.example.com")], "BETTER_AUTH_URL must be the http:// or https://"),
            (&[PRODUCTION, ("BETTER_AUTH_URL", "http://app.example.com")], "BETTER_AUTH_URL must be https://"),
            (&[PRODUCTION, ("JWKS_URL", "http://8.8.8.8/jwks")], "JWKS_URL must be https://"),
            (&[PRODUCTION, ("JWKS_URL", "https://app.example.com/jwks")], "JWT_ISSUER must be set where JWKS_URL is"),
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
    fn a_session_is_looked_up_anew_unless_a_span_is_set() {
        let reuse = |value| session_reuse(&Environment::of(Box::leak(Box::new([("SESSION_CACHE", value)]))));

        for off in ["", "off", " off", "off\n"] {
            assert_eq!(reuse(off).unwrap(), None, "{off:?}");
        }
        assert_eq!(reuse(" 5s ").unwrap(), Some(Duration::from_secs(5)));
        for refused in ["0", "0s", "61s", "on", " "] {
            assert!(reuse(refused).is_err(), "{refused:?}");
        }
    }

    #[test]
    fn keys_travel_in_clear_only_within_a_private_network() {
        let is_private = |url| key_set::is_private(&Url::parse(url).unwrap());
        for url in [
            "http://localhost",
            "http://127.0.0.1:3000",
            "http://[::1]",
            "http://10.1.2.3",
            "http://web:3000",
            "http://web.ns.svc",
            "http://app.localhost",
        ] {
            assert!(is_private(url), "{url}");
        }
        for url in ["http://example.com", "http://8.8.8.8", "http://localhost.example.com", "http://[2001:db8::1]"] {
            assert!(!is_private(url), "{url}");
        }
    }
}
