//! How many lines of the log the requests of one client address may cause.
//!
//! A request without a valid token is smaller than its line, so that anyone could fill the disk. Requests of users have a rate
//! limit.

use std::{
    collections::HashMap,
    mem,
    net::IpAddr,
    num::NonZeroU32,
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::{address_rate::AddressRate, rate::Rate};

/// How many requests of an address without a user have a line of their own, per second.
const PER_SECOND: NonZeroU32 = NonZeroU32::new(10).unwrap();

/// How many addresses have a line of their own in the summary.
const SUMMARIZED: usize = 20;

/// Decides which requests have a line in the log, and sums up the others.
pub(super) struct LogLines {
    rate: AddressRate,
    /// The requests without a line since the last summary.
    silent: Mutex<HashMap<IpAddr, u64>>,
    overload: Rate<()>,
}

impl LogLines {
    pub(super) fn new() -> Self {
        Self { rate: AddressRate::new(PER_SECOND), silent: Mutex::default(), overload: Rate::new(NonZeroU32::MIN) }
    }

    /// Whether requests of this address have no line at the moment.
    pub(super) fn are_silent(&self, client: IpAddr) -> bool {
        self.rate.is_exhausted(client)
    }

    /// Whether this request without a user has a line. Otherwise it is counted.
    pub(super) fn may_add(&self, client: IpAddr) -> bool {
        let may = self.rate.take(client);
        if !may {
            *self.silent().entry(client).or_default() += 1;
        }
        may
    }

    /// Whether a rejection because of overload has a line: one in a second.
    pub(super) fn may_add_overload(&self) -> bool {
        self.overload.take(&()).is_some()
    }

    /// Logs how many requests had no line, and forgets idle addresses.
    pub(super) fn summarize(&self) {
        self.rate.forget_idle();
        let silent = mem::take(&mut *self.silent());
        let mut silent: Vec<(IpAddr, u64)> = silent.into_iter().collect();
        silent.sort_by_key(|(_, requests)| std::cmp::Reverse(*requests));
        let others = silent.split_off(silent.len().min(SUMMARIZED));
        for (client, requests) in silent {
            tracing::info!(%client, requests, "more requests without a user were answered");
        }
        if !others.is_empty() {
            let requests: u64 = others.iter().map(|(_, requests)| requests).sum();
            tracing::info!(clients = others.len(), requests, "more requests without a user were answered");
        }
    }

    fn silent(&self) -> MutexGuard<'_, HashMap<IpAddr, u64>> {
        self.silent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
