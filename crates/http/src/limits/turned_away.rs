//! How many requests were turned away, and why.

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family},
};

/// Why requests are turned away.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct TurnedAwayLabels {
    /// `overload`, or whose limit was reached: that of the `user` or of the `address`.
    pub reason: &'static str,
}

/// As many requests were in work as there may be.
pub(super) const OVERLOAD: TurnedAwayLabels = TurnedAwayLabels { reason: "overload" };

/// The user had made as many as they may.
pub(super) const USER: TurnedAwayLabels = TurnedAwayLabels { reason: "user" };

/// From this address came as many without a valid token as may be told so.
pub(super) const ADDRESS: TurnedAwayLabels = TurnedAwayLabels { reason: "address" };

/// A count of each reason, from the start on: one that appears later hides its first event from Prometheus.
pub(super) fn counts() -> Family<TurnedAwayLabels, Counter> {
    let counts = Family::default();
    for reason in [OVERLOAD, USER, ADDRESS] {
        drop(counts.get_or_create(&reason));
    }
    counts
}
