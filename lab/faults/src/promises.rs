//! The promises of the service with their limits, and whether measurements keep them.

mod attacked;

use std::{collections::BTreeMap, fmt, time::Duration};

pub(crate) use attacked::{Attacked, megabytes, milliseconds};
use attacked::{FACTOR, FLOOR};
use serde::{Deserialize, Serialize};

/// The deadline of a request under any fault: the default of `REQUEST_TIMEOUT`.
pub(crate) const DEADLINE: Duration = Duration::from_secs(10);

/// How much later than [`DEADLINE`] the response may arrive.
pub(crate) const GRACE: Duration = Duration::from_millis(500);

/// The time after the end of a fault from which every new request succeeds.
pub(crate) const RECOVERY: Duration = Duration::from_secs(2);

/// The lowest rate, in requests per second, that counts as load.
pub(crate) const LOAD: u64 = 500;

/// Why a request failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Failure {
    /// 503 with `Retry-After`.
    Unavailable,
    /// Any other unexpected status. 0 means that the response is not HTTP.
    Status(u16),
    /// The connection was refused.
    Refused,
    /// The connection ended before the response did.
    CutOff,
    /// The client timed out, well after the deadline.
    Unanswered,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unavailable => f.write_str("503"),
            Self::Status(503) => f.write_str("503 without Retry-After"),
            Self::Status(status) => write!(f, "{status}"),
            Self::Refused => f.write_str("refused"),
            Self::CutOff => f.write_str("cut off"),
            Self::Unanswered => f.write_str("unanswered"),
        }
    }
}

/// A promise under a fault. If its figure was not measured, it counts as broken, so that no check passes without a measurement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Promise {
    /// Requests fail only in these ways.
    FailsOnlyWith(&'static [Failure]),
    /// No request takes longer than [`DEADLINE`] and [`GRACE`].
    InTime,
    /// New requests succeed within [`RECOVERY`] of the end of the fault.
    Recovers,
    /// Every acknowledged write is stored, and no rejected write is.
    NothingLost,
    /// No create is executed twice.
    NothingTwice,
    /// The responses to each user are linearizable: no lost update, no resurrected task, no stale read.
    OneOrder,
    /// No user reads or changes another user's rows.
    NothingForeign,
    /// The load is at least [`LOAD`] requests per second.
    UnderLoad,
    /// All replicas start.
    AllStart,
    /// Beside an attack, 99 % of the victim's requests take at most [`FACTOR`] times as long as without it, or [`FLOOR`].
    Unhindered,
    /// The service's memory stays within what its settings allow.
    WithinMemory,
}

/// Requests fail only with 503 and `Retry-After`.
pub(crate) const ONLY_UNAVAILABLE: Promise = Promise::FailsOnlyWith(&[Failure::Unavailable]);

/// No request fails.
pub(crate) const NONE_FAILS: Promise = Promise::FailsOnlyWith(&[]);

/// A dependency of the service fails, and the service recovers.
pub(crate) const RECOVERS: &[Promise] =
    &[ONLY_UNAVAILABLE, Promise::InTime, Promise::Recovers, Promise::NothingLost, Promise::NothingTwice];

/// Clients do not notice the fault.
pub(crate) const UNNOTICED: &[Promise] = &[NONE_FAILS, Promise::InTime, Promise::NothingLost, Promise::NothingTwice];

/// A client attacks, and another does not notice.
pub(crate) const UNHARMED: &[Promise] = &[NONE_FAILS, Promise::InTime, Promise::Unhindered, Promise::WithinMemory];

/// The service itself was down: connections were cut, and refused until it was back.
pub(crate) const ONLY_GONE: Promise =
    Promise::FailsOnlyWith(&[Failure::Unavailable, Failure::Refused, Failure::CutOff]);

impl fmt::Display for Promise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FailsOnlyWith([]) => f.write_str("no request fails"),
            Self::FailsOnlyWith(ways) => {
                let ways: Vec<String> = ways.iter().map(ToString::to_string).collect();
                write!(f, "requests fail only with: {}", ways.join(", "))
            }
            Self::InTime => write!(f, "no request takes longer than {} s", (DEADLINE + GRACE).as_secs_f64()),
            Self::Recovers => write!(f, "new requests succeed within {} s", RECOVERY.as_secs_f64()),
            Self::NothingLost => f.write_str("no acknowledged write is lost"),
            Self::NothingTwice => f.write_str("no write is executed twice"),
            Self::OneOrder => f.write_str("no lost updates, resurrected tasks or stale reads"),
            Self::NothingForeign => f.write_str("no user reads or changes rows of another"),
            Self::UnderLoad => write!(f, "the load is at least {LOAD} requests/s"),
            Self::AllStart => f.write_str("all replicas start"),
            Self::Unhindered => {
                write!(f, "the p99 is at most {FACTOR} times as long beside the attack, or {} ms", FLOOR.as_millis())
            }
            Self::WithinMemory => f.write_str("the memory stays within what the settings allow"),
        }
    }
}

/// The figures measured under a fault. `None` means not measured.
#[derive(Debug, Clone, Default)]
pub(crate) struct Measured {
    pub(crate) rounds: u32,
    pub(crate) requests: u64,
    pub(crate) failures: BTreeMap<Failure, u64>,
    pub(crate) longest: Option<Duration>,
    pub(crate) recovery: Option<Duration>,
    pub(crate) lost: Option<u64>,
    pub(crate) twice: Option<u64>,
    /// Violations of [`Promise::OneOrder`].
    pub(crate) anomalies: Option<u64>,
    /// Rows that another user read or changed.
    pub(crate) foreign: Option<u64>,
    /// The lowest rate of all rounds, in requests per second.
    pub(crate) rate: Option<u64>,
    /// The number of replicas that started, and of all replicas.
    pub(crate) started: Option<(u64, u64)>,
    pub(crate) attacked: Option<Attacked>,
    /// Details of broken promises and of `untrue` statements.
    pub(crate) evidence: Vec<String>,
    /// The number of further statements that were checked, and the false ones.
    pub(crate) statements: u64,
    pub(crate) untrue: Vec<String>,
}

impl Measured {
    /// Records a statement that is not one of the figures, and whether it holds.
    pub(crate) fn must(&mut self, holds: bool, statement: &str, evidence: &dyn fmt::Debug) {
        self.statements += 1;
        if !holds {
            self.untrue.push(statement.to_owned());
            self.evidence.push(format!("{statement}: {evidence:?}"));
        }
    }

    /// Adds the figures of another round, or of part of one.
    pub(crate) fn add(&mut self, other: Self) {
        self.rounds += other.rounds;
        self.requests += other.requests;
        for (failure, times) in other.failures {
            *self.failures.entry(failure).or_default() += times;
        }
        self.longest = self.longest.max(other.longest);
        self.recovery = self.recovery.max(other.recovery);
        self.lost = sum(self.lost, other.lost);
        self.twice = sum(self.twice, other.twice);
        self.anomalies = sum(self.anomalies, other.anomalies);
        self.foreign = sum(self.foreign, other.foreign);
        self.rate = [self.rate, other.rate].into_iter().flatten().min();
        self.started = match (self.started, other.started) {
            (Some((a, b)), Some((c, d))) => Some((a + c, b + d)),
            (one, another) => one.or(another),
        };
        self.attacked = other.attacked.or(self.attacked.take());
        self.statements += other.statements;
        self.untrue.extend(other.untrue);
        self.evidence.extend(other.evidence);
    }

    /// Describes the broken promises. Empty if all were kept.
    pub(crate) fn broken(&self, promises: &[Promise]) -> Vec<String> {
        let mut broken: Vec<String> = promises
            .iter()
            .filter_map(|promise| Some(format!("{promise}: {}", self.breach(promise)?)))
            .chain(self.untrue.iter().cloned())
            .collect();
        if promises.is_empty() && self.statements == 0 || self.rounds == 0 {
            broken.push("the check measured nothing".to_owned());
        }
        broken.dedup();
        broken
    }

    /// How a promise was broken. `None` if it was kept.
    fn breach(&self, promise: &Promise) -> Option<String> {
        const NOT_MEASURED: &str = "not measured";
        let none_of = |number: Option<u64>, what: &str| match number {
            Some(0) => None,
            Some(number) => Some(format!("{number} {what}")),
            None => Some(NOT_MEASURED.to_owned()),
        };
        let at_most = |span: Option<Duration>, limit: Duration| match span {
            Some(span) if span <= limit => None,
            Some(span) => Some(format!("{:.1} s", span.as_secs_f64())),
            None => Some(NOT_MEASURED.to_owned()),
        };
        match promise {
            Promise::FailsOnlyWith(_) if self.requests == 0 => Some(NOT_MEASURED.to_owned()),
            Promise::FailsOnlyWith(ways) => {
                let others: BTreeMap<_, _> =
                    self.failures.iter().filter(|(failure, _)| !ways.contains(failure)).collect();
                (!others.is_empty()).then(|| listed(others))
            }
            Promise::InTime => at_most(self.longest, DEADLINE + GRACE),
            Promise::Recovers => at_most(self.recovery, RECOVERY),
            Promise::NothingLost => none_of(self.lost, "lost"),
            Promise::NothingTwice => none_of(self.twice, "executed twice"),
            Promise::OneOrder => none_of(self.anomalies, "found"),
            Promise::NothingForeign => none_of(self.foreign, "found"),
            Promise::UnderLoad => match self.rate {
                Some(rate) if rate >= LOAD => None,
                Some(rate) => Some(format!("{rate} requests/s")),
                None => Some(NOT_MEASURED.to_owned()),
            },
            Promise::AllStart => match self.started {
                Some((started, all)) if started == all && all > 0 => None,
                Some((started, all)) => Some(format!("{started} of {all}")),
                None => Some(NOT_MEASURED.to_owned()),
            },
            Promise::Unhindered => self.attacked.as_ref().map_or(Some(NOT_MEASURED.to_owned()), Attacked::hindered),
            Promise::WithinMemory => self.attacked.as_ref().map_or(Some(NOT_MEASURED.to_owned()), Attacked::too_large),
        }
    }
}

/// Failures by kind: `503 ×12, refused ×3`.
pub(crate) fn listed<'a>(failures: impl IntoIterator<Item = (&'a Failure, &'a u64)>) -> String {
    let each: Vec<String> = failures.into_iter().map(|(failure, times)| format!("{failure} ×{times}")).collect();
    each.join(", ")
}

fn sum(one: Option<u64>, other: Option<u64>) -> Option<u64> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one + other),
        (one, other) => one.or(other),
    }
}

#[cfg(test)]
mod tests;
