use super::*;

const ALL: [Promise; 12] = [
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
    Promise::Unhindered,
    Promise::WithinMemory,
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
        attacked: Some(attacked()),
        ..Measured::default()
    }
}

fn attacked() -> Attacked {
    Attacked { alone: Some(FLOOR), beside: Some(FACTOR * FLOOR), memory: 100, allowed: 100, ..Attacked::default() }
}

#[test]
fn figures_within_limits_break_no_promise() {
    assert_eq!(good().broken(&ALL), [""; 0]);
}

#[test]
fn figure_beyond_its_limit_breaks_its_promise_only() {
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
        (
            Promise::Unhindered,
            Measured { attacked: Some(Attacked { beside: Some(FACTOR * FLOOR + longer), ..attacked() }), ..good() },
        ),
        (Promise::Unhindered, Measured { attacked: Some(Attacked { beside: None, ..attacked() }), ..good() }),
        (Promise::Unhindered, Measured { attacked: Some(Attacked { alone: None, ..attacked() }), ..good() }),
        (Promise::WithinMemory, Measured { attacked: Some(Attacked { memory: 101, ..attacked() }), ..good() }),
        (Promise::WithinMemory, Measured { attacked: Some(Attacked { memory: 0, ..attacked() }), ..good() }),
    ];
    for (promise, measured) in cases {
        let broken = measured.broken(&ALL);
        assert_eq!(broken.len(), 1, "{broken:?}");
        assert!(broken[0].starts_with(&promise.to_string()), "{broken:?}");
    }
}

#[test]
fn short_times_are_not_compared() {
    let within = |beside| Attacked { alone: Some(FLOOR / 100), beside: Some(beside), ..attacked() }.hindered();
    assert_eq!(within(FLOOR), None);
    assert!(within(FLOOR + Duration::from_millis(1)).is_some());
}

#[test]
fn figure_not_measured_breaks_its_promise() {
    let nothing = Measured { rounds: 1, ..Measured::default() };
    assert_eq!(nothing.broken(&ALL).len(), ALL.len());
    assert_eq!(nothing.broken(&[]).len(), 1, "neither a promise nor a statement");
    assert_eq!(Measured { rounds: 0, ..good() }.broken(&ALL).len(), 1);
    assert_eq!(Measured { started: Some((0, 0)), ..good() }.broken(&ALL).len(), 1);
}

#[test]
fn only_503_with_retry_after_is_promised() {
    for failure in [Failure::Status(503), Failure::Status(500), Failure::CutOff, Failure::Unanswered] {
        let measured = Measured { failures: [(failure, 1)].into(), ..good() };
        assert_eq!(measured.broken(&[ONLY_UNAVAILABLE]).len(), 1);
    }
}

#[test]
fn false_statement_is_reported_verbatim() {
    let mut measured = good();
    measured.must(true, "reads go on", &"");
    assert!(measured.broken(&ALL).is_empty());
    measured.must(false, "reads go on", &500);
    assert_eq!(measured.broken(&ALL), ["reads go on"]);
    assert_eq!(measured.evidence, ["reads go on: 500"]);
}

#[test]
fn rounds_are_summed_and_the_worst_counts() {
    let mut all = Measured { rounds: 1, recovery: Some(Duration::from_secs(1)), ..good() };
    all.add(Measured { lost: Some(2), rate: Some(7), started: Some((3, 4)), ..good() });
    assert_eq!((all.rounds, all.requests, all.lost, all.rate), (2, 2000, Some(2), Some(7)));
    assert_eq!((all.recovery, all.started), (Some(RECOVERY), Some((7, 8))));
}
