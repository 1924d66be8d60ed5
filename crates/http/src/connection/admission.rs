//! How many connections are open, in all and for each address.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family},
};

use crate::limits::client_address::{TrustedProxies, network_of};

/// The limits of connections. All workers share the counts.
pub struct Connections {
    limits: ConnectionLimits,
    open: Mutex<Open>,
    closed: Family<ClosedLabels, Counter>,
}

/// How many connections may be open, and for how long a client may take to read a response.
#[derive(Debug, Clone)]
pub struct ConnectionLimits {
    /// The maximum number of open connections.
    pub total: usize,
    /// The maximum number for one address. Those of a trusted proxy have no limit of their own.
    pub per_address: usize,
    /// The proxies whose connections carry the requests of many clients.
    pub proxies: TrustedProxies,
    /// How long a client may take to read a response.
    pub send_timeout: Duration,
    /// The same limit from the moment when the server stops, if that ends earlier.
    pub send_timeout_at_stop: Duration,
}

/// Why a connection was closed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ClosedLabels {
    /// `total` or `address`: there were too many. `head` or `response`: the client took too long to send a head, or to read
    /// a response.
    pub reason: &'static str,
}

pub(super) const TOTAL: ClosedLabels = ClosedLabels { reason: "total" };
pub(super) const ADDRESS: ClosedLabels = ClosedLabels { reason: "address" };
pub(super) const HEAD: ClosedLabels = ClosedLabels { reason: "head" };
pub(super) const RESPONSE: ClosedLabels = ClosedLabels { reason: "response" };

#[derive(Default)]
struct Open {
    total: usize,
    by_address: HashMap<IpAddr, usize>,
}

impl Connections {
    /// No connections, with these limits.
    #[must_use]
    pub fn new(limits: ConnectionLimits) -> Self {
        let closed = Family::default();
        // All counts exist from the start with 0, because Prometheus would miss the first event of a count that appears later.
        for reason in [TOTAL, ADDRESS, HEAD, RESPONSE] {
            drop(closed.get_or_create(&reason));
        }
        Self { limits, open: Mutex::default(), closed }
    }

    /// The maximum number of open connections.
    #[must_use]
    pub fn max(&self) -> usize {
        self.limits.total
    }

    /// The number of open connections.
    #[must_use]
    pub fn open(&self) -> usize {
        self.lock().total
    }

    /// The number of connections that a limit has closed, by limit.
    #[must_use]
    pub fn closed(&self) -> &Family<ClosedLabels, Counter> {
        &self.closed
    }

    pub(super) fn limits(&self) -> &ConnectionLimits {
        &self.limits
    }

    pub(super) fn count_closed(&self, reason: &ClosedLabels) {
        self.closed.get_or_create(reason).inc();
    }

    /// Counts one more connection until the result is dropped. `None` if there are too many.
    pub(super) fn admit(self: &Arc<Self>, peer: IpAddr) -> Option<Admitted> {
        let address = (!self.limits.proxies.trust(peer.to_canonical())).then(|| network_of(peer.to_canonical()));
        match self.lock().admit(address, &self.limits) {
            Ok(()) => Some(Admitted { address, connections: Arc::clone(self) }),
            Err(reason) => {
                self.count_closed(&reason);
                None
            }
        }
    }

    /// A panic cannot leave the counts inconsistent, so a poisoned lock is no error.
    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    fn admit(&mut self, address: Option<IpAddr>, limits: &ConnectionLimits) -> Result<(), ClosedLabels> {
        if self.total >= limits.total {
            return Err(TOTAL);
        }
        if let Some(address) = address {
            let of_address = self.by_address.entry(address).or_default();
            if *of_address >= limits.per_address {
                return Err(ADDRESS);
            }
            *of_address += 1;
        }
        self.total += 1;
        Ok(())
    }

    fn leave(&mut self, address: Option<IpAddr>) {
        self.total -= 1;
        let Some(address) = address else { return };
        if let Some(of_address) = self.by_address.get_mut(&address) {
            *of_address -= 1;
            if *of_address == 0 {
                self.by_address.remove(&address);
            }
        }
    }
}

/// A connection that is counted until this is dropped.
pub(super) struct Admitted {
    /// `None` if it has no limit of its own.
    address: Option<IpAddr>,
    connections: Arc<Connections>,
}

impl Admitted {
    pub(super) fn connections(&self) -> &Connections {
        &self.connections
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        self.connections.lock().leave(self.address);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connections(total: usize, per_address: usize) -> Arc<Connections> {
        Arc::new(Connections::new(ConnectionLimits {
            total,
            per_address,
            proxies: "10.0.0.1".parse().unwrap(),
            send_timeout: Duration::MAX,
            send_timeout_at_stop: Duration::MAX,
        }))
    }

    fn admit(connections: &Arc<Connections>, peer: &str) -> Option<Admitted> {
        connections.admit(peer.parse().unwrap())
    }

    #[test]
    fn an_address_with_too_many_connections_leaves_room_for_others() {
        let connections = connections(10, 2);
        let held = [admit(&connections, "203.0.113.7"), admit(&connections, "::ffff:203.0.113.7")];
        assert!(held.iter().all(Option::is_some));

        assert!(admit(&connections, "203.0.113.7").is_none());
        assert!(admit(&connections, "203.0.113.8").is_some());
        assert_eq!(connections.closed().get_or_create(&ADDRESS).get(), 1);

        drop(held);
        assert!(admit(&connections, "203.0.113.7").is_some());
        assert_eq!((connections.open(), connections.lock().by_address.len()), (0, 0));
    }

    #[test]
    fn addresses_of_one_ipv6_network_count_as_one() {
        let connections = connections(10, 1);
        let _held = admit(&connections, "2001:db8::1").unwrap();

        assert!(admit(&connections, "2001:db8::2").is_none());
        assert!(admit(&connections, "2001:db8:0:1::2").is_some());
    }

    #[test]
    fn a_trusted_proxy_is_limited_only_by_the_total() {
        let connections = connections(3, 1);
        let held: Vec<_> = (0..3).map_while(|_| admit(&connections, "10.0.0.1")).collect();

        assert_eq!(held.len(), 3);
        assert!(admit(&connections, "10.0.0.1").is_none());
        assert!(admit(&connections, "203.0.113.7").is_none());
        assert_eq!(connections.closed().get_or_create(&TOTAL).get(), 2);
    }
}
