//! How many requests without a valid token are told so, by the address they come from.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use actix_web::{ResponseError, dev::ServiceRequest, http::StatusCode};

use super::{Limits, turned_away::ADDRESS};
use crate::error::ApiError;

impl Limits {
    /// What a request is answered that was not let in: why, unless too many of its address were refused. Only those whose
    /// token proves nothing count.
    pub(crate) fn answer_to_refused(&self, request: &ServiceRequest, why: ApiError) -> ApiError {
        match &self.refusals {
            Some(limit) if why.status_code() == StatusCode::UNAUTHORIZED => {
                // A client that was gone before its address could be asked for has none.
                let peer = request.peer_addr().map_or(Ipv4Addr::UNSPECIFIED.into(), |peer| peer.ip());
                let client = self.proxies.client_behind(peer, request.headers());
                if limit.take(&network_of(client)).is_some() {
                    return why;
                }
                self.turned_away.get_or_create(&ADDRESS).inc();
                ApiError::rate_limited().with_message(TOO_MANY)
            }
            _ => why,
        }
    }
}

const TOO_MANY: &str = "too many requests without a valid token came from this address";

/// What one client has for itself: an IPv4 address, or 64 bits of an IPv6 address. The other 64 it may choose.
fn network_of(client: IpAddr) -> IpAddr {
    match client {
        IpAddr::V4(_) => client,
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
    }
}
