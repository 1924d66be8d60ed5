//! How much is taken on, as the settings say.

use http::{Limits, TrustedProxies};

use crate::{
    config,
    settings::{self, Environment, Limit},
};

/// Reads and checks the settings.
///
/// # Errors
///
/// One line that names the variable at fault and what it must be.
pub(crate) fn read(environment: &Environment) -> anyhow::Result<Limits> {
    let max_in_flight = config::within(environment, &settings::MAX_IN_FLIGHT, 1..=u16::MAX)?;
    let mut limits = Limits::new(max_in_flight.ok_or_else(|| settings::MAX_IN_FLIGHT.must_be_what_it_expects())?);
    if let Limit(Some(per_second)) = environment.value(&settings::RATE_LIMIT)? {
        limits = limits.per_user(per_second);
    }
    let proxies: TrustedProxies = environment.parsed(&settings::TRUSTED_PROXIES)?.unwrap_or_default();
    if let Limit(Some(per_second)) = environment.value(&settings::UNAUTHENTICATED_RATE_LIMIT)? {
        limits = limits.unauthorized_per_address(per_second, proxies);
    }
    Ok(limits)
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;

    fn rate(variables: &'static [(&str, &str)]) -> anyhow::Result<Option<u32>> {
        let Limit(rate) = Environment::of(variables).value(&settings::RATE_LIMIT)?;
        Ok(rate.map(NonZeroU32::get))
    }

    #[test]
    fn production_has_a_rate_by_default() {
        assert_eq!(rate(&[]).unwrap(), None);
        assert_eq!(rate(&[("ENVIRONMENT", "production")]).unwrap(), Some(100));
        assert_eq!(rate(&[("ENVIRONMENT", "production"), ("RATE_LIMIT", "off")]).unwrap(), None);
        let error = rate(&[("RATE_LIMIT", "0")]).unwrap_err().to_string();
        assert_eq!(error, "RATE_LIMIT must be a number from 1 to 1000000, or off");
    }
}
