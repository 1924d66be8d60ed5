//! The limits on requests under `/api`. Each replica has its own.

use std::{
    net::{IpAddr, Ipv4Addr},
    num::NonZeroU32,
    sync::Arc,
    time::Duration,
};

use actix_web::dev::RequestHead;
use domain::OwnerId;
use prometheus_client::metrics::{counter::Counter, family::Family};

use super::{
    address_rate::AddressRate,
    client_address::{TrustedProxies, network_of},
    in_flight::{InFlight, Place},
    log_lines::LogLines,
    rejected::{self, ADDRESS, OVERLOAD, RejectedLabels, SHARE, USER},
    user_rate::UserRate,
};

/// Protects clients from each other, and the service from overload. All workers share the state.
pub struct Limits {
    in_flight: Arc<InFlight>,
    user_rate: Option<UserRate>,
    /// The limit of 401 responses, by the client's address or network.
    unauthorized_rate: Option<AddressRate>,
    log_lines: LogLines,
    proxies: TrustedProxies,
    rejected: Family<RejectedLabels, Counter>,
}

impl Limits {
    /// The maximum time for which an idle user or address is remembered. This bounds the memory: at 50,000 unauthorized
    /// requests a second from different addresses, the addresses of six seconds take less than 50 MB.
    const SWEEP_INTERVAL: Duration = Duration::from_secs(5);

    /// Limits the requests in flight to `max_in_flight`, and those of one user to `per_user`, without rate limits.
    #[must_use]
    pub fn new(max_in_flight: u16, per_user: u16) -> Self {
        Self {
            in_flight: Arc::new(InFlight::new(max_in_flight, per_user)),
            user_rate: None,
            unauthorized_rate: None,
            log_lines: LogLines::new(),
            proxies: TrustedProxies::default(),
            rejected: rejected::counts(),
        }
    }

    /// Takes the address of a client from the headers of these proxies.
    #[must_use]
    pub fn behind(self, proxies: TrustedProxies) -> Self {
        Self { proxies, ..self }
    }

    /// Limits each user to `per_second` requests a second, and the same number at once.
    #[must_use]
    pub fn per_user(self, per_second: NonZeroU32) -> Self {
        Self { user_rate: Some(UserRate::new(per_second)), ..self }
    }

    /// Limits each client address to `per_second` 401 responses a second, and the same number at once. Above that it gets 429, and
    /// its tokens are not verified.
    #[must_use]
    pub fn unauthorized_per_address(self, per_second: NonZeroU32) -> Self {
        Self { unauthorized_rate: Some(AddressRate::new(per_second)), ..self }
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
            + self.unauthorized_rate.as_ref().map_or(0, AddressRate::remembered)
    }

    /// Forgets idle users and addresses periodically, and logs how many requests had no line. Never returns.
    pub async fn keep_small(&self) {
        loop {
            tokio::time::sleep(Self::SWEEP_INTERVAL).await;
            if let Some(user_rate) = &self.user_rate {
                user_rate.rate().forget_idle();
            }
            if let Some(unauthorized_rate) = &self.unauthorized_rate {
                unauthorized_rate.forget_idle();
            }
            self.log_lines.summarize();
        }
    }

    /// The client of a request: its address, or its network if it chooses the rest of the address itself.
    pub(crate) fn client_of(&self, request: &RequestHead) -> IpAddr {
        // There is no address if the client disconnected before it was read.
        let peer = request.peer_addr.map_or(Ipv4Addr::UNSPECIFIED.into(), |peer| peer.ip());
        network_of(self.proxies.client_behind(peer, request.headers()))
    }

    /// A place for one more request in flight; `None` if there are too many.
    pub(crate) fn try_enter(&self) -> Option<Place> {
        let place = self.in_flight.enter();
        if place.is_none() {
            self.count_overload();
        }
        place
    }

    /// Counts a request that was rejected because of overload. One in a second has a line in the log.
    pub(crate) fn count_overload(&self) {
        self.rejected.get_or_create(&OVERLOAD).inc();
        if self.log_lines.may_add_overload() {
            tracing::warn!("rejected: MAX_IN_FLIGHT requests are in flight");
        }
    }

    /// Counts the request in this place as one of the user's, and returns whether the user may have it.
    pub(crate) fn may_have(&self, place: &Place, user: &OwnerId) -> bool {
        self.count(place.belong_to(user), &SHARE)
    }

    /// Counts a large response, and returns whether the user may have it.
    pub(crate) fn may_have_large(&self, place: &Place) -> bool {
        self.count(place.hold_large(), &SHARE)
    }

    /// Whether tokens of this client are not verified at the moment, unless they are known to be valid.
    pub(crate) fn is_unauthorized_too_often(&self, client: IpAddr) -> bool {
        self.unauthorized_rate.as_ref().is_some_and(|rate| rate.is_exhausted(client))
    }

    /// Counts a 401 response to this client, and returns whether the limit allows it.
    pub(crate) fn may_be_unauthorized(&self, client: IpAddr) -> bool {
        self.count(self.unauthorized_rate.as_ref().is_none_or(|rate| rate.take(client)), &ADDRESS)
    }

    /// Counts a request that the limit of 401 responses has rejected.
    pub(crate) fn count_unauthorized(&self) {
        self.count(false, &ADDRESS);
    }

    /// Whether requests of this client without a user have no line in the log at the moment.
    pub(crate) fn is_silent(&self, client: IpAddr) -> bool {
        self.log_lines.are_silent(client)
    }

    /// Whether this request of the client, which has no user, has a line in the log. Otherwise it is counted.
    pub(crate) fn may_log(&self, client: IpAddr) -> bool {
        self.log_lines.may_add(client)
    }

    /// The limit of each user, if there is one.
    pub(crate) fn user_rate(&self) -> Option<&UserRate> {
        self.user_rate.as_ref()
    }

    /// Counts a request that the user's limit has rejected.
    pub(crate) fn count_rejected_user(&self) {
        self.count(false, &USER);
    }

    fn count(&self, is_allowed: bool, reason: &RejectedLabels) -> bool {
        if !is_allowed {
            self.rejected.get_or_create(reason).inc();
        }
        is_allowed
    }
}
