//! What the service promises, and the verdict on what was measured. Every figure stands here and nowhere else.

use std::{collections::BTreeMap, fmt, time::Duration};

/// How long a request may take under any fault: its deadline, which is the default of `REQUEST_TIMEOUT`…
pub(crate) const DEADLINE: Duration = Duration::from_secs(10);

/// …and as much more as it takes to notice and to say so.
pub(crate) const GRACE: Duration = Duration::from_millis(500);

/// How soon after the end of a fault every new request succeeds.
pub(crate) const RECOVERY: Duration = Duration::from_secs(2);

/// How many requests a second there must be at least for a stop to count as one under load.
pub(crate) const LOAD: u64 = 500;

/// Why a request was not answered as it should have been.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Failure {
    /// 503 that says when to come back.
    Unavailable,
    /// Any other status than the one that belongs there.
    Status(u16),
    /// Nobody took the connection.
    Refused,
    /// The connection ended before the answer did.
    CutOff,
    /// The client gave up, long after the deadline.
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

/// What is promised under a fault. A promise whose figure was not measured is broken: nothing passes by not being looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Promise {
    /// Requests fail in these ways and in no other.
    FailsOnlyWith(&'static [Failure]),
    /// No request takes longer than [`DEADLINE`] and [`GRACE`].
    InTime,
    /// New requests succeed within [`RECOVERY`] of the end of the fault.
    Recovers,
    /// Every write that was acknowledged is there, and none that was refused.
    NothingLost,
    /// No create takes place twice.
    NothingTwice,
    /// All answers to a user fit one order of their requests: no lost update, no resurrection, no stale read.
    OneOrder,
    /// Nobody sees or touches rows of another user.
    NothingForeign,
    /// There are at least [`LOAD`] requests a second.
    UnderLoad,
    /// All replicas start.
    AllStart,
}

/// A request that fails is told when to come back, and nothing else.
pub(crate) const ONLY_UNAVAILABLE: Promise = Promise::FailsOnlyWith(&[Failure::Unavailable]);

/// No request fails.
pub(crate) const NONE_FAILS: Promise = Promise::FailsOnlyWith(&[]);

/// What the service stands on fails, and it recovers.
pub(crate) const RECOVERS: &[Promise] =
    &[ONLY_UNAVAILABLE, Promise::InTime, Promise::Recovers, Promise::NothingLost, Promise::NothingTwice];

/// Nobody notices.
pub(crate) const UNNOTICED: &[Promise] = &[NONE_FAILS, Promise::InTime, Promise::NothingLost, Promise::NothingTwice];

/// The service itself went away: its connections ended, and there were none until it was back.
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
            Self::NothingLost => f.write_str("every acknowledged write is there"),
            Self::NothingTwice => f.write_str("no write takes place twice"),
            Self::OneOrder => f.write_str("no lost updates, resurrections or stale reads"),
            Self::NothingForeign => f.write_str("no rows of another user are seen or touched"),
            Self::UnderLoad => write!(f, "there are at least {LOAD} requests/s"),
            Self::AllStart => f.write_str("all replicas start"),
        }
    }
}

/// What was measured under a fault. `None` was not looked at.
#[derive(Debug, Clone, Default)]
pub(crate) struct Measured {
    pub(crate) rounds: u32,
    pub(crate) requests: u64,
    pub(crate) failures: BTreeMap<Failure, u64>,
    pub(crate) longest: Option<Duration>,
    pub(crate) recovery: Option<Duration>,
    pub(crate) lost: Option<u64>,
    pub(crate) twice: Option<u64>,
    /// Users whose answers fit no order of their requests.
    pub(crate) anomalies: Option<u64>,
    /// Rows that were seen or touched by another user.
    pub(crate) foreign: Option<u64>,
    /// Requests a second, in the round that had the fewest.
    pub(crate) rate: Option<u64>,
    /// Replicas that started, and those that were to.
    pub(crate) started: Option<(u64, u64)>,
    /// Where a promise was broken, with what is known about it, or what else was found not to hold.
    pub(crate) evidence: Vec<String>,
    /// How many statements beyond the figures were checked, and which of them do not hold.
    pub(crate) statements: u64,
    pub(crate) untrue: Vec<String>,
}

impl Measured {
    /// Checks a statement that no figure tells.
    pub(crate) fn must(&mut self, holds: bool, statement: &str, evidence: &dyn fmt::Debug) {
        self.statements += 1;
        if !holds {
            self.untrue.push(statement.to_owned());
            self.evidence.push(format!("{statement}: {evidence:?}"));
        }
    }

    /// Adds another round, or part of one.
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
        self.statements += other.statements;
        self.untrue.extend(other.untrue);
        self.evidence.extend(other.evidence);
    }

    /// The promises that were broken, in words. Empty if all is well.
    pub(crate) fn broken(&self, promises: &[Promise]) -> Vec<String> {
        let mut broken: Vec<String> = promises
            .iter()
            .filter_map(|promise| Some(format!("{promise}: {}", self.breach(promise)?)))
            .chain(self.untrue.iter().cloned())
            .collect();
        if promises.is_empty() && self.statements == 0 || self.rounds == 0 {
            broken.push("the check must look at something: it did not".to_owned());
        }
        broken.dedup();
        broken
    }

    /// How a promise was broken, if it was.
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
            Promise::NothingTwice => none_of(self.twice, "twice"),
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
mod tests {
    use super::*;

    const ALL: [Promise; 10] = [
        ONLY_UNAVAILABLE,
        NONE_FAILS,
        Promise::InTime,
        Promise::Recovers,
        Promise::NothingLost,
        Promise::NothingTwice,
        Promise::OneOrder,
        Promise::NothingForeign,
        Promise::UnderLoad,
        Promise::AllStart,
    ];

    fn good() -> Measured {
        Measured {
            rounds: 1,
            requests: 1000,
            longest: Some(DEADLINE + GRACE),
            recovery: Some(RECOVERY),
            lost: Some(0),
            twice: Some(0),
            anomalies: Some(0),
            foreign: Some(0),
            rate: Some(LOAD),
            started: Some((4, 4)),
            ..Measured::default()
        }
    }

    #[test]
    fn figures_within_their_limits_break_nothing() {
        assert_eq!(good().broken(&ALL), [""; 0]);
    }

    #[test]
    fn a_figure_out_of_its_limits_breaks_the_promise_that_it_belongs_to_and_no_other() {
        let longer = Duration::from_millis(1);
        let cases = [
            (Promise::InTime, Measured { longest: Some(DEADLINE + GRACE + longer), ..good() }),
            (Promise::Recovers, Measured { recovery: Some(RECOVERY + longer), ..good() }),
            (Promise::NothingLost, Measured { lost: Some(1), ..good() }),
            (Promise::NothingTwice, Measured { twice: Some(1), ..good() }),
            (Promise::OneOrder, Measured { anomalies: Some(1), ..good() }),
            (Promise::NothingForeign, Measured { foreign: Some(1), ..good() }),
            (Promise::UnderLoad, Measured { rate: Some(LOAD - 1), ..good() }),
            (Promise::AllStart, Measured { started: Some((3, 4)), ..good() }),
            (NONE_FAILS, Measured { failures: [(Failure::Unavailable, 1)].into(), ..good() }),
        ];
        for (promise, measured) in cases {
            let broken = measured.broken(&ALL);
            assert_eq!(broken.len(), 1, "{broken:?}");
            assert!(broken[0].starts_with(&promise.to_string()), "{broken:?}");
        }
    }

    #[test]
    fn what_was_not_measured_is_a_broken_promise() {
        let nothing = Measured { rounds: 1, ..Measured::default() };
        assert_eq!(nothing.broken(&ALL).len(), ALL.len());
        assert_eq!(nothing.broken(&[]).len(), 1, "no promise and no statement: nothing was looked at");
        assert_eq!(Measured { rounds: 0, ..good() }.broken(&ALL).len(), 1);
        assert_eq!(Measured { started: Some((0, 0)), ..good() }.broken(&ALL).len(), 1);
    }

    #[test]
    fn a_503_that_does_not_say_when_to_come_back_is_not_the_one_that_is_promised() {
        for failure in [Failure::Status(503), Failure::Status(500), Failure::CutOff, Failure::Unanswered] {
            let measured = Measured { failures: [(failure, 1)].into(), ..good() };
            assert_eq!(measured.broken(&[ONLY_UNAVAILABLE]).len(), 1);
        }
    }

    #[test]
    fn a_statement_that_does_not_hold_is_reported_in_its_words() {
        let mut measured = good();
        measured.must(true, "reads go on", &"");
        assert!(measured.broken(&ALL).is_empty());
        measured.must(false, "reads go on", &500);
        assert_eq!(measured.broken(&ALL), ["reads go on"]);
        assert_eq!(measured.evidence, ["reads go on: 500"]);
    }

    #[test]
    fn rounds_add_up_and_the_worst_of_them_counts() {
        let mut all = Measured { rounds: 1, recovery: Some(Duration::from_secs(1)), ..good() };
        all.add(Measured { lost: Some(2), rate: Some(7), started: Some((3, 4)), ..good() });
        assert_eq!((all.rounds, all.requests, all.lost, all.rate), (2, 2000, Some(2), Some(7)));
        assert_eq!((all.recovery, all.started), (Some(RECOVERY), Some((7, 8))));
    }
}
