//! The settings of the limits on load.

use http::Limits;

use super::{
    environment::Environment,
    settings::{MAX_IN_FLIGHT, MAX_IN_FLIGHT_PER_USER, RATE_LIMIT, TRUSTED_PROXIES, UNAUTHENTICATED_RATE_LIMIT},
};

/// Reads and checks the settings.
///
/// # Errors
///
/// One line that names the variable at fault and what it must be.
pub(crate) fn read(environment: &Environment) -> anyhow::Result<Limits> {
    let mut limits = Limits::new(environment.value(&MAX_IN_FLIGHT)?)
        .in_flight_per_user(environment.value(&MAX_IN_FLIGHT_PER_USER)?)
        .behind(environment.optional(&TRUSTED_PROXIES)?.unwrap_or_default());
    if let Some(per_second) = environment.value(&RATE_LIMIT)? {
        limits = limits.per_user(per_second);
    }
    if let Some(per_second) = environment.value(&UNAUTHENTICATED_RATE_LIMIT)? {
        limits = limits.unauthorized_per_address(per_second);
    }
    Ok(limits)
}
