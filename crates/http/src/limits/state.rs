//! The limits on requests under `/api`. Each replica has its own.

use std::{net::IpAddr, num::NonZeroU32, time::Duration};

use actix_web::http::header::HeaderMap;
use prometheus_client::metrics::{counter::Counter, family::Family};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::{
    client_address::{TrustedProxies, network_of},
    rate::Rate,
    rejected::{self, ADDRESS, OVERLOAD, RejectedLabels, USER},
    user_rate::UserRate,
};

/// Protects clients from each other, and the service from overload. All workers share the state.
pub struct Limits {
    free: Semaphore,
    user_rate: Option<UserRate>,
    /// The limit of 401 responses, by the client's address or network.
    unauthorized_rate: Option<Rate<IpAddr>>,
    proxies: TrustedProxies,
    rejected: Family<RejectedLabels, Counter>,
}

impl Limits {
    /// The maximum time for which an idle user or address is remembered. This bounds the memory: at 50,000 unauthorized
    /// requests a second from different addresses, the addresses of six seconds take less than 25 MB.
    const SWEEP_INTERVAL: Duration = Duration::from_secs(5);

    /// Limits the requests in flight to `max_in_flight`, without rate limits.
    #[must_use]
    pub fn new(max_in_flight: u16) -> Self {
        Self {
            free: Semaphore::new(max_in_flight.into()),
            user_rate: None,
            unauthorized_rate: None,
            proxies: TrustedProxies::default(),
            rejected: rejected::counts(),
        }
    }

    /// Limits each user to `per_second` requests a second, and the same number at once.
    #[must_use]
    pub fn per_user(self, per_second: NonZeroU32) -> Self {
        Self { user_rate: Some(UserRate::new(per_second)), ..self }
    }

    /// Limits each client address to `per_second` 401 responses a second, and the same number at once. Above that it gets 429.
    #[must_use]
    pub fn unauthorized_per_address(self, per_second: NonZeroU32, proxies: TrustedProxies) -> Self {
        Self { unauthorized_rate: Some(Rate::new(per_second)), proxies, ..self }
    }

    /// The number of rejected requests, by limit.
    #[must_use]
    pub fn rejected(&self) -> &Family<RejectedLabels, Counter> {
        &self.rejected
    }

    /// How many users and addresses are remembered.
    #[must_use]
    pub fn remembered(&self) -> usize {
        self.user_rate.as_ref().map_or(0, |user_rate| user_rate.rate().remembered())
            + self.unauthorized_rate.as_ref().map_or(0, Rate::remembered)
    }

    /// Forgets idle users and addresses periodically. Never returns.
    pub async fn keep_small(&self) {
        loop {
            tokio::time::sleep(Self::SWEEP_INTERVAL).await;
            if let Some(user_rate) = &self.user_rate {
                user_rate.rate().forget_idle();
            }
            if let Some(unauthorized_rate) = &self.unauthorized_rate {
                unauthorized_rate.forget_idle();
            }
        }
    }

    /// A permit for one more request in flight; `None` if there are too many.
    pub(crate) fn try_enter(&self) -> Option<SemaphorePermit<'_>> {
        let permit = self.free.try_acquire().ok();
        if permit.is_none() {
            self.rejected.get_or_create(&OVERLOAD).inc();
        }
        permit
    }

    /// Counts a 401 response to the client behind `peer`, and returns whether the limit allows it.
    pub(crate) fn may_be_unauthorized(&self, peer: IpAddr, headers: &HeaderMap) -> bool {
        let Some(rate) = &self.unauthorized_rate else { return true };
        let is_allowed = rate.take(&network_of(self.proxies.client_behind(peer, headers))).is_some();
        if !is_allowed {
            self.rejected.get_or_create(&ADDRESS).inc();
        }
        is_allowed
    }

    /// The limit of each user, if there is one.
    pub(crate) fn user_rate(&self) -> Option<&UserRate> {
        self.user_rate.as_ref()
    }

    /// Counts a request that the user's limit has rejected.
    pub(crate) fn count_rejected_user(&self) {
        self.rejected.get_or_create(&USER).inc();
    }
}
