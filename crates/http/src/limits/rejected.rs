//! Counts the requests that each limit has rejected.

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family},
};

/// The limit that rejected a request.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct RejectedLabels {
    /// `overload`, or the limit: `user`, `user_in_flight` or `address`.
    pub reason: &'static str,
}

/// Too many requests were in flight.
pub(super) const OVERLOAD: RejectedLabels = RejectedLabels { reason: "overload" };

/// The user had made too many requests.
pub(super) const USER: RejectedLabels = RejectedLabels { reason: "user" };

/// Too many requests of the user were in flight.
pub(super) const USER_IN_FLIGHT: RejectedLabels = RejectedLabels { reason: "user_in_flight" };

/// The address had sent too many requests without a valid token.
pub(super) const ADDRESS: RejectedLabels = RejectedLabels { reason: "address" };

/// A count for each limit. All counts exist from the start with 0, because Prometheus would miss the first event of a count
/// that appears later.
pub(super) fn counts() -> Family<RejectedLabels, Counter> {
    let counts = Family::default();
    for reason in [OVERLOAD, USER, USER_IN_FLIGHT, ADDRESS] {
        drop(counts.get_or_create(&reason));
    }
    counts
}
