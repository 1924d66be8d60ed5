//! Limits the log lines of requests without a verified user, so that nobody can flood the log.

use std::{
    collections::{BTreeMap, HashMap},
    net::IpAddr,
    num::NonZeroU32,
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::time::Instant;

use super::bucket::Bucket;

/// How many requests of an address are logged one by one, per second.
const PER_SECOND: NonZeroU32 = NonZeroU32::MIN.saturating_add(9);

/// How many addresses have a limit of their own. All others share one, which bounds the memory and the number of lines.
const MAX_ADDRESSES: usize = 1000;

/// The limit of each address. The key is `None` for those without a limit of their own.
#[derive(Default)]
pub(crate) struct LogRate(Mutex<HashMap<Option<IpAddr>, Lines>>);

struct Lines {
    left: Bucket,
    /// The requests without a line, by the status of their response.
    unlogged: BTreeMap<u16, u64>,
}

impl LogRate {
    /// Whether a request of this address gets its own lines.
    pub(crate) fn may_log(&self, address: IpAddr) -> bool {
        let now = Instant::now();
        self.of(address, |lines| {
            let may = lines.left.has_one(now, PER_SECOND);
            if may {
                lines.left.spend(now, PER_SECOND);
            }
            may
        })
    }

    /// Counts a request that did not get its own lines.
    pub(crate) fn count(&self, address: IpAddr, status: u16) {
        self.of(address, |lines| *lines.unlogged.entry(status).or_default() += 1);
    }

    /// Logs one line for each address with requests that did not get their own.
    pub(super) fn sum_up(&self) {
        let now = Instant::now();
        let summed: Vec<(Option<IpAddr>, BTreeMap<u16, u64>)> = {
            let mut addresses = self.addresses();
            let summed = addresses.iter_mut().filter(|(_, lines)| !lines.unlogged.is_empty());
            let summed = summed.map(|(address, lines)| (*address, std::mem::take(&mut lines.unlogged))).collect();
            addresses.retain(|_, lines| !lines.left.is_full(now));
            summed
        };
        for (address, unlogged) in summed {
            let requests: u64 = unlogged.values().sum();
            let statuses: Vec<String> = unlogged.iter().map(|(status, count)| format!("{status}: {count}")).collect();
            let address = address.map_or_else(|| "others".to_owned(), |address| address.to_string());
            let statuses = statuses.join(", ");
            tracing::info!(address, requests, statuses, "answered more requests without a user");
        }
    }

    fn of<T>(&self, address: IpAddr, work: impl FnOnce(&mut Lines) -> T) -> T {
        let mut addresses = self.addresses();
        let is_own = addresses.len() < MAX_ADDRESSES || addresses.contains_key(&Some(address));
        let lines = addresses.entry(is_own.then_some(address));
        work(lines.or_insert_with(|| Lines { left: Bucket::full(Instant::now()), unlogged: BTreeMap::new() }))
    }

    fn addresses(&self) -> MutexGuard<'_, HashMap<Option<IpAddr>, Lines>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(number: u32) -> IpAddr {
        std::net::Ipv4Addr::from_bits(number).into()
    }

    #[tokio::test(start_paused = true)]
    async fn an_address_logs_ten_requests_at_once_and_per_second() {
        let rate = LogRate::default();
        let logged = || (0..100).filter(|_| rate.may_log(address(1))).count();

        assert_eq!((logged(), logged()), (10, 0));
        tokio::time::advance(std::time::Duration::from_millis(500)).await;
        assert_eq!(logged(), 5);
        assert!(rate.may_log(address(2)));
    }

    #[tokio::test(start_paused = true)]
    async fn many_addresses_share_one_limit() {
        let rate = LogRate::default();
        let logged = (0..100_000).filter(|number| rate.may_log(address(*number))).count();

        assert_eq!((logged, rate.addresses().len()), (MAX_ADDRESSES + 10, MAX_ADDRESSES + 1));
        tokio::time::advance(std::time::Duration::from_secs(1)).await;
        rate.sum_up();
        assert_eq!(rate.addresses().len(), 0);
    }
}
