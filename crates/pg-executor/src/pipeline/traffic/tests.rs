use std::time::{Duration, Instant};

use super::{FRESH, PATIENCE, PROMPT, TRIPS, Traffic, Verdict};

const MOMENT: Duration = Duration::from_millis(1);
const TRIP: Duration = Duration::from_millis(20);

/// The verdict after no answer has arrived for this long.
fn silent_for(silence: Duration, change: impl FnOnce(&mut Traffic)) -> Verdict {
    let mut traffic = Traffic::new(Instant::now(), TRIP);
    change(&mut traffic);
    traffic.progress = Instant::now().checked_sub(silence).unwrap();
    traffic.verdict()
}

fn owing(traffic: &mut Traffic) {
    traffic.send();
}

#[test]
fn reads_join_a_pipeline_that_answers() {
    assert_eq!(silent_for(Duration::ZERO, |_| {}), Verdict::Join);
    assert_eq!(silent_for(Duration::ZERO, owing), Verdict::Join);
    assert_eq!(silent_for(TRIP, owing), Verdict::Join, "the answer is still on its way");
    assert_eq!(silent_for(FRESH / 2, |_| {}), Verdict::Join, "it owes nothing");
}

#[test]
fn reads_do_not_join_a_pipeline_that_is_late() {
    assert_eq!(silent_for(PROMPT + TRIP + MOMENT, owing), Verdict::Busy);
}

#[test]
fn a_pipeline_that_is_silent_for_long_is_checked() {
    assert_eq!(silent_for(PATIENCE + TRIPS * TRIP + MOMENT, owing), Verdict::Check);
    assert_eq!(silent_for(FRESH + MOMENT, |_| {}), Verdict::Check);
}

#[test]
fn reads_join_again_after_a_passed_check() {
    let mut traffic = Traffic::new(Instant::now(), TRIP);
    owing(&mut traffic);
    traffic.begin_check();
    assert_eq!(traffic.verdict(), Verdict::Busy);

    traffic.pass_check();

    assert_eq!((traffic.verdict(), traffic.sent), (Verdict::Join, traffic.answered));
}

#[test]
fn further_reads_do_not_end_a_silence() {
    let abandoned = |traffic: &mut Traffic| {
        owing(traffic);
        traffic.progress = Instant::now().checked_sub(PATIENCE + TRIPS * TRIP + MOMENT).unwrap();
        owing(traffic);
    };
    let mut traffic = Traffic::new(Instant::now(), TRIP);

    abandoned(&mut traffic);

    assert_eq!(traffic.verdict(), Verdict::Check);
    // The answer to the last read shows that the first one, which was abandoned, has been answered too.
    traffic.answer(2);
    assert_eq!(traffic.verdict(), Verdict::Join);
}
