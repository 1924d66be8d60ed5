//! The requests of a load, and the figures computed from them.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    time::{Duration, Instant},
};

use crate::{
    context::Context,
    ledger::{self, Write},
    promises::{Failure, Measured},
};

/// One request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Record {
    pub(crate) start: Instant,
    pub(crate) end: Instant,
    pub(crate) outcome: Result<(), Failure>,
}

/// The requests of a load, and the outcomes of its writes.
#[derive(Default)]
pub(crate) struct History {
    pub(crate) records: Vec<Record>,
    /// By user.
    pub(crate) writes: BTreeMap<String, Vec<Write>>,
}

impl History {
    /// The figures of one round. `over` is the time at which the fault ended, if it did.
    pub(crate) fn measured(&self, over: Option<Instant>) -> Measured {
        let mut measured = Measured { rounds: 1, requests: self.records.len() as u64, ..Measured::default() };
        for record in &self.records {
            if let Err(failure) = record.outcome {
                *measured.failures.entry(failure).or_default() += 1;
            }
        }
        measured.longest = self.records.iter().map(|record| record.end - record.start).max();
        if let Some(over) = over {
            measured.recovery = recovery(&self.records, over);
            if measured.recovery.is_none() {
                measured.evidence.push("no request succeeded after the fault was over".to_owned());
            }
        }
        measured
    }

    /// The same, after comparing the writes with the stored tasks.
    pub(crate) async fn finish(
        &self,
        over: Option<Instant>,
        context: &Context,
        address: SocketAddr,
    ) -> anyhow::Result<Measured> {
        let mut measured = self.measured(over);
        measured.add(ledger::verify(context, address, &self.writes).await?);
        Ok(measured)
    }
}

/// The time from `over` until every request that started later succeeded. `None` if they never did.
fn recovery(records: &[Record], over: Instant) -> Option<Duration> {
    let since = || records.iter().filter(|record| record.start >= over);
    let last_failure = since().filter(|record| record.outcome.is_err()).map(|record| record.end).max();
    let successes = since().filter(|record| record.outcome.is_ok()).map(|record| record.end);
    let first_success = successes.filter(|end| last_failure.is_none_or(|failure| *end >= failure)).min()?;
    Some(last_failure.unwrap_or(first_success) - over)
}

#[cfg(test)]
mod tests;
