//! The reads in flight over a pipeline.

use std::time::{Duration, Instant};

use crate::pool::FRESH;

/// If reads are in flight and no answer has arrived for longer than this plus one round trip, no new read joins: it would wait
/// too.
const PROMPT: Duration = Duration::from_millis(5);

/// How long a read waits for its answer, or for that of an earlier read, in addition to [`TRIPS`] round trips.
pub(super) const PATIENCE: Duration = Duration::from_millis(100);

/// The maximum number of round trips of a read: prepare and run, and both again if the plan is outdated.
pub(super) const TRIPS: u32 = 4;

/// Counts the reads that were sent and answered. Answers come in the order of sending, also for callers that have stopped
/// waiting, so each answer shows that all earlier reads are answered. A read that must be prepared first is sent one round trip
/// later than it is counted. That error does not matter here.
pub(super) struct Traffic {
    trip: Duration,
    sent: u64,
    answered: u64,
    /// When the last answer arrived or, if later, when a read was sent while none was in flight.
    progress: Instant,
    is_being_checked: bool,
}

/// What a read should do.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Join,
    /// Run elsewhere and check the connection: it may be dead.
    Check,
    /// Run elsewhere: the connection is being checked, or an answer is late.
    Busy,
}

impl Traffic {
    /// `trip` is the duration of a round trip.
    pub(super) fn new(now: Instant, trip: Duration) -> Self {
        Self { trip, sent: 0, answered: 0, progress: now, is_being_checked: false }
    }

    pub(super) fn verdict(&self) -> Verdict {
        let silence = self.progress.elapsed();
        let owes_an_answer = self.sent > self.answered;
        match silence {
            _ if self.is_being_checked => Verdict::Busy,
            _ if silence > FRESH => Verdict::Check,
            _ if owes_an_answer && silence > PATIENCE + self.trip * TRIPS => Verdict::Check,
            _ if owes_an_answer && silence > PROMPT + self.trip => Verdict::Busy,
            _ => Verdict::Join,
        }
    }

    /// Counts a read that is being sent and returns its number.
    pub(super) fn send(&mut self) -> u64 {
        if self.sent == self.answered {
            self.progress = Instant::now();
        }
        self.sent += 1;
        self.sent
    }

    pub(super) fn answer(&mut self, number: u64) {
        self.answered = self.answered.max(number);
        self.progress = Instant::now();
    }

    /// Returns `false` if a check is already running.
    pub(super) fn begin_check(&mut self) -> bool {
        !std::mem::replace(&mut self.is_being_checked, true)
    }

    pub(super) fn pass_check(&mut self) {
        self.answer(self.sent);
        self.is_being_checked = false;
    }

    pub(super) fn is_silent_for(&self, time: Duration) -> bool {
        self.progress.elapsed() > time
    }
}

#[cfg(test)]
mod tests;
