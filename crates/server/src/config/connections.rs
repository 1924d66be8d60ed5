//! The settings of connections of clients.

use std::time::Duration;

use http::TrustedProxies;

use super::{
    environment::Environment,
    settings::{MAX_CONNECTIONS, MAX_CONNECTIONS_PER_ADDRESS, SEND_TIMEOUT, TRUSTED_PROXIES},
};

/// The limits of connections, as far as they do not depend on the limit of open files.
pub(crate) struct ConnectionSettings {
    pub(crate) max: Option<u32>,
    pub(crate) max_per_address: Option<u32>,
    pub(crate) proxies: TrustedProxies,
    pub(crate) send_timeout: Duration,
    pub(crate) send_timeout_at_stop: Duration,
}

/// Reads and checks the settings.
///
/// # Errors
///
/// One line that names the variable at fault and what it must be.
pub(super) fn read(environment: &Environment, shutdown_timeout: Duration) -> anyhow::Result<ConnectionSettings> {
    Ok(ConnectionSettings {
        max: environment.optional(&MAX_CONNECTIONS)?,
        max_per_address: environment.optional(&MAX_CONNECTIONS_PER_ADDRESS)?,
        proxies: environment.optional(&TRUSTED_PROXIES)?.unwrap_or_default(),
        send_timeout: environment.value(&SEND_TIMEOUT)?,
        send_timeout_at_stop: shutdown_timeout / 2,
    })
}
