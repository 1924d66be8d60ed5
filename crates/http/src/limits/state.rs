//! The limits on requests under `/api`. Each replica has its own.

use std::{
    net::{IpAddr, Ipv4Addr},
    num::NonZeroU32,
    sync::Arc,
    time::Duration,
};

use actix_web::HttpRequest;
use domain::OwnerId;
use prometheus_client::metrics::{counter::Counter, family::Family};

use super::{
    client_address::{TrustedProxies, network_of},
    in_flight::{InFlight, Place, UserPlace},
    log_rate::LogRate,
    rejected::{self, ADDRESS, OVERLOAD, RejectedLabels, USER, USER_IN_FLIGHT},
    summed::Summed,
    unauthorized::{Attempt, Unauthorized},
    user_rate::UserRate,
};

/// Protects clients from each other, and the service from overload. All workers share the state.
pub struct Limits {
    max_in_flight: u16,
    in_flight: Arc<InFlight>,
    user_rate: Option<UserRate>,
    /// The limit of 401 responses, by the client's address or network.
    unauthorized: Option<Unauthorized>,
    proxies: TrustedProxies,
    log_rate: LogRate,
    overload: Summed,
    rejected: Family<RejectedLabels, Counter>,
}

/// The address is over its limit.
pub(crate) struct TooManyUnauthorized;

impl Limits {
    /// The maximum time for which an idle user or address is remembered, and the time between summaries in the log. This bounds
    /// the memory: at 50,000 unauthorized requests a second from different addresses, the addresses of six seconds take less
    /// than 25 MB.
    const SWEEP_INTERVAL: Duration = Duration::from_secs(5);

    /// The part of `max_in_flight` that tokens of one address may take while they are verified: a quarter.
    const ADDRESS_PART: u16 = 4;

    /// Limits the requests in flight to `max_in_flight`, without limits on a user or an address.
    #[must_use]
    pub fn new(max_in_flight: u16) -> Self {
        Self {
            max_in_flight,
            in_flight: Arc::new(InFlight::new(max_in_flight.into(), usize::MAX)),
            user_rate: None,
            unauthorized: None,
            proxies: TrustedProxies::default(),
            log_rate: LogRate::default(),
            overload: Summed::default(),
            rejected: rejected::counts(),
        }
    }

    /// Limits the requests in flight of each user.
    #[must_use]
    pub fn in_flight_per_user(self, max: u16) -> Self {
        Self { in_flight: Arc::new(InFlight::new(self.max_in_flight.into(), max.into())), ..self }
    }

    /// Limits each user to `per_second` requests a second, and the same number at once.
    #[must_use]
    pub fn per_user(self, per_second: NonZeroU32) -> Self {
        Self { user_rate: Some(UserRate::new(per_second)), ..self }
    }

    /// Limits each client address to `per_second` 401 responses a second, and the same number at once. Above that it gets 429
    /// for every token that is not already known to be valid. Also limits the number of its tokens that are being verified.
    #[must_use]
    pub fn unauthorized_per_address(self, per_second: NonZeroU32) -> Self {
        let at_once = (self.max_in_flight / Self::ADDRESS_PART).max(1);
        Self { unauthorized: Some(Unauthorized::new(per_second, at_once.into())), ..self }
    }

    /// Believes these proxies what they say of a client's address.
    #[must_use]
    pub fn behind(self, proxies: TrustedProxies) -> Self {
        Self { proxies, ..self }
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
            + self.unauthorized.as_ref().map_or(0, Unauthorized::remembered)
    }

    /// Periodically forgets idle users and addresses, and logs what has no line yet. Never returns.
    pub async fn keep_small(&self) {
        loop {
            tokio::time::sleep(Self::SWEEP_INTERVAL).await;
            if let Some(user_rate) = &self.user_rate {
                user_rate.rate().forget_idle();
            }
            if let Some(unauthorized) = &self.unauthorized {
                unauthorized.forget_idle();
            }
            self.log_rate.sum_up();
            log_overload(self.overload.rest());
        }
    }

    /// One of all places in flight; `None` if there are too many requests.
    pub(crate) fn place(&self) -> Option<Place> {
        let place = self.in_flight.place();
        if place.is_none() {
            self.rejected.get_or_create(&OVERLOAD).inc();
            log_overload(self.overload.count());
        }
        place
    }

    /// One of the user's places in flight; `None` if there are too many requests of this user.
    pub(crate) fn place_of(&self, user: OwnerId) -> Option<UserPlace> {
        let place = self.in_flight.place_of(user);
        if place.is_none() {
            self.rejected.get_or_create(&USER_IN_FLIGHT).inc();
        }
        place
    }

    /// Permission to verify the token of a request, or to reject it with 401. `None` if there is no limit.
    ///
    /// # Errors
    ///
    /// If the client's address is over its limit.
    pub(crate) fn attempt(&self, request: &HttpRequest) -> Result<Option<Attempt<'_>>, TooManyUnauthorized> {
        let Some(limit) = &self.unauthorized else { return Ok(None) };
        let attempt = limit.attempt(self.client_of(request));
        if attempt.is_none() {
            self.rejected.get_or_create(&ADDRESS).inc();
        }
        attempt.map(Some).ok_or(TooManyUnauthorized)
    }

    /// The limit of each user, if there is one.
    pub(crate) fn user_rate(&self) -> Option<&UserRate> {
        self.user_rate.as_ref()
    }

    /// The limit of log lines.
    pub(crate) fn log_rate(&self) -> &LogRate {
        &self.log_rate
    }

    /// Counts a request that the user's limit has rejected.
    pub(crate) fn count_rejected_user(&self) {
        self.rejected.get_or_create(&USER).inc();
    }

    /// The address or network of the client.
    pub(crate) fn client_of(&self, request: &HttpRequest) -> IpAddr {
        // There is no address if the client disconnected before it was read.
        let peer = request.peer_addr().map_or(Ipv4Addr::UNSPECIFIED.into(), |peer| peer.ip());
        network_of(self.proxies.client_behind(peer, request.headers()))
    }
}

fn log_overload(requests: Option<u64>) {
    if let Some(requests) = requests {
        tracing::warn!(requests, "rejected: MAX_IN_FLIGHT requests are in flight");
    }
}
