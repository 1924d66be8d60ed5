//! How much is taken on, as the settings say.

use std::{num::NonZeroU32, str::FromStr};

use anyhow::bail;
use http::{Limits, TrustedProxies};

use crate::{
    config,
    settings::{self, Environment},
};

/// So many a second, or no limit.
struct Rate(Option<NonZeroU32>);

impl Rate {
    /// The highest that can be set.
    const MAX: u32 = 1_000_000;
}

impl FromStr for Rate {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        match text {
            "off" => Ok(Self(None)),
            number => {
                let per_second: NonZeroU32 = number.parse()?;
                if per_second.get() > Self::MAX {
                    bail!("more than can be counted");
                }
                Ok(Self(Some(per_second)))
            }
        }
    }
}

/// Reads and checks the settings.
///
/// # Errors
///
/// One line that names the variable at fault and what it must be.
pub(crate) fn read(environment: &Environment) -> anyhow::Result<Limits> {
    let max_in_flight = config::within(environment, &settings::MAX_IN_FLIGHT, 1..=u16::MAX)?;
    let mut limits = Limits::new(max_in_flight.ok_or_else(|| settings::MAX_IN_FLIGHT.must_be_what_it_expects())?);
    if let Rate(Some(per_second)) = environment.value(&settings::RATE_LIMIT)? {
        limits = limits.per_user(per_second);
    }
    let proxies: TrustedProxies = environment.parsed(&settings::TRUSTED_PROXIES)?.unwrap_or_default();
    if let Rate(Some(per_second)) = environment.value(&settings::UNAUTHENTICATED_RATE_LIMIT)? {
        limits = limits.refusals_per_address(per_second, proxies);
    }
    Ok(limits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(variables: &'static [(&str, &str)]) -> anyhow::Result<Option<u32>> {
        let Rate(rate) = Environment::of(variables).value(&settings::RATE_LIMIT)?;
        Ok(rate.map(NonZeroU32::get))
    }

    #[test]
    fn a_rate_is_a_number_or_off_and_production_has_one_by_default() {
        assert_eq!(rate(&[]).unwrap(), None);
        assert_eq!(rate(&[("ENVIRONMENT", "production")]).unwrap(), Some(100));
        assert_eq!(rate(&[("ENVIRONMENT", "production"), ("RATE_LIMIT", "off")]).unwrap(), None);
        assert_eq!(rate(&[("RATE_LIMIT", "1")]).unwrap(), Some(1));
        assert_eq!(rate(&[("RATE_LIMIT", "1000000")]).unwrap(), Some(1_000_000));
        let bad: [&'static [(&str, &str)]; 5] = [
            &[("RATE_LIMIT", "0")],
            &[("RATE_LIMIT", "1000001")],
            &[("RATE_LIMIT", "4294967296")],
            &[("RATE_LIMIT", "-1")],
            &[("RATE_LIMIT", "on")],
        ];
        for variables in bad {
            let error = rate(variables).unwrap_err().to_string();
            assert_eq!(error, "RATE_LIMIT must be a number from 1 to 1000000, or off", "{variables:?}");
        }
    }
}
