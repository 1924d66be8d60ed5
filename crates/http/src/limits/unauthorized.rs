//! The limit of 401 responses of an address, which holds before its tokens are verified.

use std::{
    collections::HashMap,
    net::IpAddr,
    num::NonZeroU32,
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::time::Instant;

use super::bucket::Bucket;

/// A separate limit for each address: a number of 401 responses a second, the same number at once, and a number of tokens that
/// are being verified.
///
/// What a 401 response costs is only known after the verification, so it is spent then. Many concurrent tokens may spend more
/// than is left. The address waits for that longer, so in the long run it gets no more than its number a second.
pub(super) struct Unauthorized {
    per_second: NonZeroU32,
    at_once: usize,
    addresses: Mutex<HashMap<IpAddr, Address>>,
}

struct Address {
    left: Bucket,
    /// How many requests hold an [`Attempt`].
    attempts: usize,
}

/// Permission to verify one token of an address.
pub(crate) struct Attempt<'a> {
    limit: &'a Unauthorized,
    address: IpAddr,
    failed: bool,
}

impl Unauthorized {
    /// Each address may verify `at_once` tokens concurrently.
    pub(super) fn new(per_second: NonZeroU32, at_once: usize) -> Self {
        Self { per_second, at_once, addresses: Mutex::default() }
    }

    /// Permission to verify a token; `None` if the address is over its limit.
    pub(super) fn attempt(&self, address: IpAddr) -> Option<Attempt<'_>> {
        let now = Instant::now();
        let mut addresses = self.addresses();
        let known = addresses.entry(address).or_insert(Address { left: Bucket::full(now), attempts: 0 });
        let may = known.attempts < self.at_once && known.left.has_one(now, self.per_second);
        may.then(|| {
            known.attempts += 1;
            Attempt { limit: self, address, failed: false }
        })
    }

    /// Forgets the addresses whose whole limit is available again.
    pub(super) fn forget_idle(&self) {
        let now = Instant::now();
        let mut addresses = self.addresses();
        addresses.retain(|_, address| address.attempts > 0 || !address.left.is_full(now));
        addresses.shrink_to_fit();
    }

    pub(super) fn remembered(&self) -> usize {
        self.addresses().len()
    }

    fn addresses(&self) -> MutexGuard<'_, HashMap<IpAddr, Address>> {
        self.addresses.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Attempt<'_> {
    /// The request is answered with 401.
    pub(crate) fn fail(mut self) {
        self.failed = true;
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        let now = Instant::now();
        let mut addresses = self.limit.addresses();
        let Some(known) = addresses.get_mut(&self.address) else { return };
        known.attempts -= 1;
        if self.failed {
            known.left.spend(now, self.limit.per_second);
        }
        if known.attempts == 0 && known.left.is_full(now) {
            addresses.remove(&self.address);
        }
    }
}
