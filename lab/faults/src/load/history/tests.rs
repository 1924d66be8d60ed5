use super::*;

fn record(begin: Instant, from: u64, to: u64, outcome: Result<(), Failure>) -> Record {
    let at = |ms| begin + Duration::from_millis(ms);
    Record { start: at(from), end: at(to), outcome }
}

#[test]
fn recovery_ends_with_the_last_failure() {
    let begin = Instant::now();
    let bad = Err(Failure::Unavailable);
    let records = [
        record(begin, 0, 900, bad),
        record(begin, 110, 120, Ok(())),
        record(begin, 130, 400, bad),
        record(begin, 500, 510, Ok(())),
    ];
    assert_eq!(recovery(&records, begin + Duration::from_millis(100)), Some(Duration::from_millis(300)));
    assert_eq!(recovery(&records[..3], begin + Duration::from_millis(100)), None, "it ends with a failure");
    assert_eq!(recovery(&records, begin + Duration::from_millis(600)), None, "no request started later");
}

#[test]
fn recovery_without_failures_ends_at_first_success() {
    let begin = Instant::now();
    let records = [record(begin, 10, 30, Ok(())), record(begin, 40, 50, Ok(()))];
    assert_eq!(recovery(&records, begin), Some(Duration::from_millis(30)));
}

#[test]
fn figures_come_from_the_records() {
    let begin = Instant::now();
    let records = vec![record(begin, 0, 40, Ok(())), record(begin, 40, 100, Err(Failure::CutOff))];
    let history = History { records, ..History::default() };
    let measured = history.measured(None);
    assert_eq!((measured.requests, measured.failures[&Failure::CutOff]), (2, 1));
    assert_eq!((measured.longest, measured.recovery), (Some(Duration::from_millis(60)), None));
}
