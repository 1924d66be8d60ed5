//! How much is taken on: at once, of each user, and from addresses whose tokens are refused.
//!
//! All of it is counted in this process alone: each replica allows as much again.

mod client_address;
mod in_flight;
mod rate;
mod refusals;
mod turned_away;
mod users;

use std::{net::IpAddr, num::NonZeroU32, time::Duration};

use prometheus_client::metrics::{counter::Counter, family::Family};

use self::users::UserLimit;
pub use self::{client_address::TrustedProxies, turned_away::TurnedAwayLabels};
use self::{in_flight::InFlight, rate::Rate};
pub(crate) use self::{
    in_flight::middleware as cap,
    users::{RATE_LIMIT, RATE_LIMIT_POLICY, middleware as per_user},
};

/// What keeps a few clients, or too many, from hurting the others. All workers share one.
pub struct Limits {
    in_flight: InFlight,
    users: Option<UserLimit>,
    /// By the address of the client, or the network it has for itself.
    refusals: Option<Rate<IpAddr>>,
    proxies: TrustedProxies,
    turned_away: Family<TurnedAwayLabels, Counter>,
}

impl Limits {
    /// How long a user or an address may be remembered without need. It bounds the memory: at 50,000 refused requests a
    /// second, each from an address of its own, those of six seconds are remembered, in less than 25 MB.
    const SWEEP_INTERVAL: Duration = Duration::from_secs(5);

    /// At most `max_in_flight` requests under `/api` are in work at once, and nobody's rate is limited.
    #[must_use]
    pub fn new(max_in_flight: u16) -> Self {
        Self {
            in_flight: InFlight::new(max_in_flight),
            users: None,
            refusals: None,
            proxies: TrustedProxies::default(),
            turned_away: turned_away::counts(),
        }
    }

    /// Each user may make so many requests a second, and so many at once.
    #[must_use]
    pub fn per_user(self, per_second: NonZeroU32) -> Self {
        Self { users: Some(UserLimit::new(per_second)), ..self }
    }

    /// From each client address so many requests a second, and so many at once, are told that their token is refused.
    #[must_use]
    pub fn refusals_per_address(self, per_second: NonZeroU32, proxies: TrustedProxies) -> Self {
        Self { refusals: Some(Rate::new(per_second)), proxies, ..self }
    }

    /// How many requests under `/api` are in work.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.in_flight.now()
    }

    /// How many requests were turned away, and why.
    #[must_use]
    pub fn turned_away(&self) -> &Family<TurnedAwayLabels, Counter> {
        &self.turned_away
    }

    /// How many users and addresses are remembered.
    #[must_use]
    pub fn remembered(&self) -> usize {
        self.users.as_ref().map_or(0, |users| users.rate().remembered())
            + self.refusals.as_ref().map_or(0, Rate::remembered)
    }

    /// Forgets users and addresses that have been quiet, from time to time and without end.
    pub async fn keep_small(&self) {
        loop {
            tokio::time::sleep(Self::SWEEP_INTERVAL).await;
            if let Some(users) = &self.users {
                users.rate().forget_quiet();
            }
            if let Some(refusals) = &self.refusals {
                refusals.forget_quiet();
            }
        }
    }
}
