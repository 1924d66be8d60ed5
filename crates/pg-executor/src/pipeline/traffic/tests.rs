use std::time::{Duration, Instant};

use super::{FRESH, PATIENCE, PROMPT, TRIPS, Traffic, Verdict};

const MOMENT: Duration = Duration::from_millis(1);
const TRIP: Duration = Duration::from_millis(20);

/// Traffic of which nothing has been heard for so long.
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
fn reads_do_not_join_a_pipeline_whose_first_takes_its_time() {
    assert_eq!(silent_for(PROMPT + TRIP + MOMENT, owing), Verdict::Busy);
}

#[test]
fn a_pipeline_is_checked_that_owes_an_answer_for_long_or_was_silent_for_long() {
    assert_eq!(silent_for(PATIENCE + TRIPS * TRIP + MOMENT, owing), Verdict::Check);
    assert_eq!(silent_for(FRESH + MOMENT, |_| {}), Verdict::Check);
}

#[test]
fn a_pipeline_is_joined_again_when_the_check_is_passed() {
    let mut traffic = Traffic::new(Instant::now(), TRIP);
    owing(&mut traffic);
    traffic.begin_check();
    assert_eq!(traffic.verdict(), Verdict::Busy);

    traffic.pass_check();

    assert_eq!((traffic.verdict(), traffic.sent), (Verdict::Join, traffic.answered));
}

#[test]
fn the_silence_of_a_pipeline_lasts_however_many_give_up_and_come_after() {
    let abandoned = |traffic: &mut Traffic| {
        owing(traffic);
        traffic.progress = Instant::now().checked_sub(PATIENCE + TRIPS * TRIP + MOMENT).unwrap();
        owing(traffic);
    };
    let mut traffic = Traffic::new(Instant::now(), TRIP);

    abandoned(&mut traffic);

    assert_eq!(traffic.verdict(), Verdict::Check);
    // The answer to the last tells that the first, which nobody waits for, has its own.
    traffic.answer(2);
    assert_eq!(traffic.verdict(), Verdict::Join);
}
