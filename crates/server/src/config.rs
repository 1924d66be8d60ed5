//! Reads and checks the settings. Values from here need no further checks, and no other part of the program reads a variable.

mod address;
mod connections;
mod database;
mod development;
mod dotenv;
mod environment;
mod format;
mod found;
mod key_set;
mod limits;
mod log_filter;
mod logging;
mod origins;
mod session_cookie;
mod setting;
mod settings;
mod stage;
mod tokens;

use std::{
    num::{NonZeroU32, NonZeroUsize},
    sync::Arc,
    time::Duration,
};

use http::{Limits, Origins, PublicPath};
use infra::DatabaseSettings;

#[cfg(feature = "otlp")]
pub(crate) use self::logging::Collector;
pub(crate) use self::{
    address::Address,
    connections::ConnectionSettings,
    database::read as read_database,
    environment::Environment,
    format::parse_duration,
    key_set::KeySet,
    logging::Logging,
    settings::{LogOutput, METRICS_ADDRESS, Sessions, table},
    stage::Stage,
    tokens::Tokens,
};

/// The configuration of the service.
pub(crate) struct Config {
    pub(crate) stage: Stage,
    pub(crate) database: DatabaseSettings,
    pub(crate) tokens: Tokens,
    pub(crate) provisions_users: bool,
    pub(crate) migrates_on_start: bool,
    pub(crate) idempotency_key_lifetime: Duration,
    pub(crate) max_tasks_per_user: Option<NonZeroU32>,
    pub(crate) address: Address,
    pub(crate) public_path: PublicPath,
    pub(crate) keep_alive: Duration,
    pub(crate) metrics: Option<Address>,
    pub(crate) cors_origins: Origins,
    pub(crate) request_timeout: Duration,
    pub(crate) body_timeout: Duration,
    pub(crate) connections: ConnectionSettings,
    pub(crate) limits: Arc<Limits>,
    pub(crate) shutdown_delay: Duration,
    pub(crate) shutdown_timeout: Duration,
    pub(crate) workers: usize,
}

impl Config {
    /// Reads and checks all settings except those of the log.
    ///
    /// # Errors
    ///
    /// One line that names the variable at fault and what it must be.
    pub(crate) fn read(environment: &Environment) -> anyhow::Result<Self> {
        let stage = environment.value(&settings::ENVIRONMENT)?;
        let database = read_database(environment)?;
        let request_timeout = environment.value(&settings::REQUEST_TIMEOUT)?;
        let body_timeout = environment.value(&settings::BODY_TIMEOUT)?;
        let request = (&settings::REQUEST_TIMEOUT, request_timeout);
        database::must_be_shorter(environment, (&settings::BODY_TIMEOUT, body_timeout), request)?;
        database::must_be_shorter(
            environment,
            (&settings::DATABASE_STATEMENT_TIMEOUT, database.statement_timeout),
            request,
        )?;
        let shutdown_timeout = environment.value(&settings::SHUTDOWN_TIMEOUT)?;
        let workers = environment.optional(&settings::WORKERS)?.map_or_else(one_per_core, usize::from);
        let embedded_development = stage == Stage::Development && !database.url.is_postgres();
        Ok(Self {
            stage,
            tokens: Tokens::read(environment)?,
            provisions_users: environment.optional(&settings::USER_PROVISIONING)?.unwrap_or(embedded_development),
            migrates_on_start: environment.value(&settings::MIGRATE_ON_START)?,
            idempotency_key_lifetime: environment.value(&settings::IDEMPOTENCY_KEY_LIFETIME)?,
            max_tasks_per_user: environment.value(&settings::MAX_TASKS_PER_USER)?,
            address: read_address(environment)?,
            public_path: environment.value(&settings::PUBLIC_PATH)?,
            keep_alive: environment.value(&settings::KEEP_ALIVE)?,
            metrics: environment.value(&settings::METRICS_ADDRESS)?,
            cors_origins: origins::read(environment)?,
            request_timeout,
            body_timeout,
            connections: connections::read(environment, shutdown_timeout)?,
            limits: Arc::new(limits::read(environment)?),
            shutdown_delay: environment.value(&settings::SHUTDOWN_DELAY)?,
            shutdown_timeout,
            workers,
            database,
        })
    }
}

/// The address on which the service listens.
///
/// # Errors
///
/// As [`Config::read`].
pub(crate) fn read_address(environment: &Environment) -> anyhow::Result<Address> {
    Ok(Address { host: environment.value(&settings::HOST)?, port: environment.value(&settings::PORT)? })
}

fn one_per_core() -> usize {
    std::thread::available_parallelism().map_or(1, NonZeroUsize::get).min(settings::MAX_WORKERS.into())
}
