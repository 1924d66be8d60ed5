//! The settings, checked: what is here can be used as it is.

use std::{
    num::{NonZeroU32, NonZeroUsize},
    str::FromStr,
    sync::Arc,
    time::Duration,
};

use anyhow::{anyhow, bail, ensure};
use http::Limits;
use infra::{DatabaseSettings, DatabaseUrl};
use url::Url;

use crate::{
    development, limits, metrics,
    settings::{self, Environment, Limit, Off, Setting, Switch},
    tokens::{self, TokenConfig},
};

/// What kind of place this is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    Development,
    Production,
}

impl FromStr for Stage {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        match text {
            "development" => Ok(Self::Development),
            "production" => Ok(Self::Production),
            _ => bail!("neither development nor production"),
        }
    }
}

/// Everything the service needs to know to run.
pub(crate) struct Config {
    pub(crate) stage: Stage,
    pub(crate) database: DatabaseSettings,
    pub(crate) tokens: TokenConfig,
    pub(crate) provisions_users: bool,
    pub(crate) migrates_on_start: bool,
    pub(crate) idempotency_key_lifetime: Duration,
    pub(crate) max_tasks_per_user: Option<NonZeroU32>,
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) metrics: Option<metrics::Address>,
    pub(crate) cors_origins: Vec<String>,
    pub(crate) request_timeout: Duration,
    pub(crate) body_timeout: Duration,
    pub(crate) limits: Arc<Limits>,
    pub(crate) shutdown_delay: Duration,
    pub(crate) shutdown_timeout: Duration,
    pub(crate) workers: usize,
}

impl Config {
    /// Reads and checks all settings.
    ///
    /// # Errors
    ///
    /// One line that names the variable at fault and what it must be.
    pub(crate) fn read(environment: &Environment) -> anyhow::Result<Self> {
        let stage = environment.value(&settings::ENVIRONMENT)?;
        let mut database = database(environment)?;
        let request_timeout = duration(environment, &settings::REQUEST_TIMEOUT)?;
        let body_timeout = duration(environment, &settings::BODY_TIMEOUT)?;
        let request = (&settings::REQUEST_TIMEOUT, request_timeout);
        must_be_shorter((&settings::BODY_TIMEOUT, body_timeout), request)?;
        must_be_shorter((&settings::DATABASE_STATEMENT_TIMEOUT, database.statement_timeout), request)?;
        let Limit(max_tasks_per_user) = environment.value(&settings::MAX_TASKS_PER_USER)?;
        let workers = within(environment, &settings::WORKERS, 1..=1024)?.map_or_else(one_a_core, usize::from);
        database.threads = workers;
        let embedded_development = stage == Stage::Development && !database.url.is_postgres();
        Ok(Self {
            stage,
            tokens: TokenConfig::read(environment)?,
            provisions_users: switch(environment, &settings::USER_PROVISIONING, embedded_development)?,
            migrates_on_start: switch(environment, &settings::MIGRATE_ON_START, stage == Stage::Development)?,
            idempotency_key_lifetime: duration(environment, &settings::IDEMPOTENCY_KEY_LIFETIME)?,
            max_tasks_per_user,
            host: environment.value(&settings::HOST)?,
            port: environment.value(&settings::PORT)?,
            metrics: environment.value(&settings::METRICS_ADDRESS).map(|Off(address)| address)?,
            cors_origins: cors_origins(environment, stage)?,
            request_timeout,
            body_timeout,
            limits: Arc::new(limits::read(environment)?),
            shutdown_delay: duration(environment, &settings::SHUTDOWN_DELAY)?,
            shutdown_timeout: duration(environment, &settings::SHUTDOWN_TIMEOUT)?,
            workers,
            database,
        })
    }
}

/// The database and how to use it. Other commands than serving need only this.
pub(crate) fn database(environment: &Environment) -> anyhow::Result<DatabaseSettings> {
    let stage = environment.value(&settings::ENVIRONMENT)?;
    let url = match (environment.text(&settings::DATABASE_URL)?, stage) {
        (Some(url), _) => url,
        (None, Stage::Development) => format!("sqlite:{}", development::data_directory().join("tasks.db").display()),
        (None, Stage::Production) => {
            bail!("DATABASE_URL must be set in production: {}", settings::DATABASE_URL.expects)
        }
    };
    let url = DatabaseUrl::parse(&url).map_err(|error| anyhow!("DATABASE_URL {error}"))?;
    let mut database = DatabaseSettings::new(url);
    if let Some(connections) = within(environment, &settings::DATABASE_MAX_CONNECTIONS, 1..=1000)? {
        database.max_connections = u32::from(connections);
    }
    database.acquire_timeout = duration(environment, &settings::DATABASE_ACQUIRE_TIMEOUT)?;
    database.statement_timeout = duration(environment, &settings::DATABASE_STATEMENT_TIMEOUT)?;
    must_be_shorter(
        (&settings::DATABASE_ACQUIRE_TIMEOUT, database.acquire_timeout),
        (&settings::DATABASE_STATEMENT_TIMEOUT, database.statement_timeout),
    )?;
    database.idle_timeout = duration(environment, &settings::DATABASE_IDLE_TIMEOUT)?;
    database.max_lifetime = duration(environment, &settings::DATABASE_MAX_LIFETIME)?;
    Ok(database)
}

/// Who waits for another must wait longer: the caller for the database, and that for a connection. Says what both are, since
/// either may be the one that was set.
fn must_be_shorter(inner: (&Setting, Duration), outer: (&Setting, Duration)) -> anyhow::Result<()> {
    let ((inner, span), (outer, limit)) = (inner, outer);
    ensure!(span < limit, "{}; it is {span:?}, and {} {limit:?}", inner.must_be_what_it_expects(), outer.name);
    Ok(())
}

/// The origins whose pages may call the API: that of the app, and those that are set.
fn cors_origins(environment: &Environment, stage: Stage) -> anyhow::Result<Vec<String>> {
    let setting = &settings::CORS_ORIGINS;
    let set = environment.text(setting)?.unwrap_or_else(|| match stage {
        Stage::Development => "http://localhost:3000".to_owned(),
        Stage::Production => String::new(),
    });
    let mut origins: Vec<String> = tokens::app_origin(environment)?.into_iter().collect();
    for origin in set.split(',').map(str::trim).filter(|origin| !origin.is_empty()) {
        if !is_origin(origin) {
            return Err(setting.must_be_what_it_expects());
        }
        origins.push(origin.to_owned());
    }
    Ok(origins)
}

/// Whether a browser would write an origin like this.
fn is_origin(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| url.origin().ascii_serialization() == text)
}

fn switch(environment: &Environment, setting: &Setting, default: bool) -> anyhow::Result<bool> {
    Ok(environment.parsed(setting)?.map_or(default, |Switch(on)| on))
}

pub(crate) fn duration(environment: &Environment, setting: &Setting) -> anyhow::Result<Duration> {
    environment.value(setting).map(|settings::Duration(duration)| duration)
}

pub(crate) fn within(
    environment: &Environment,
    setting: &Setting,
    range: std::ops::RangeInclusive<u16>,
) -> anyhow::Result<Option<u16>> {
    match environment.parsed(setting)? {
        Some(number) if !range.contains(&number) => Err(setting.must_be_what_it_expects()),
        number => Ok(number),
    }
}

fn one_a_core() -> usize {
    std::thread::available_parallelism().map_or(1, NonZeroUsize::get)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_of_the_pool_are_those_that_infra_argues_for() {
        let postgres = database(&Environment::of(&[("DATABASE_URL", "postgres://localhost/tasks")])).unwrap();
        assert_eq!(postgres.acquire_timeout, DatabaseSettings::ACQUIRE_TIMEOUT);
        assert_eq!(postgres.statement_timeout, DatabaseSettings::STATEMENT_TIMEOUT);
        assert_eq!(postgres.idle_timeout, DatabaseSettings::IDLE_TIMEOUT);
        assert_eq!(postgres.max_lifetime, DatabaseSettings::MAX_LIFETIME);
        let (postgres, sqlite) = (DatabaseSettings::POSTGRES_CONNECTIONS, DatabaseSettings::SQLITE_CONNECTIONS);
        assert_eq!(settings::DATABASE_MAX_CONNECTIONS.default.to_string(), format!("{postgres}; on SQLite {sqlite}"));
    }
}
