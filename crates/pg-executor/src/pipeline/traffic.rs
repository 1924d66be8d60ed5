//! What is on its way over a pipeline.

use std::time::{Duration, Instant};

use crate::pool::FRESH;

/// A pipeline that owes an answer for longer than this and one round trip is not joined: what is first in it takes its time,
/// and who comes next would wait too.
const PROMPT: Duration = Duration::from_millis(5);

/// How long a read waits for its answer, or for that to one before it, besides [`TRIPS`] round trips.
pub(super) const PATIENCE: Duration = Duration::from_millis(100);

/// How many round trips a read takes at most: to be prepared and to be run, and both again if its plan is outdated.
pub(super) const TRIPS: u32 = 4;

/// Counts reads as they are sent. They are answered in that order, also those that nobody waits for any more, so the answer to
/// one shows that those before it have theirs. Those that must be prepared first are a round trip late; what the counts are
/// for can be that wrong.
pub(super) struct Traffic {
    trip: Duration,
    sent: u64,
    answered: u64,
    /// When an answer last came, or when the first of the reads without one was sent.
    progress: Instant,
    is_being_checked: bool,
}

/// What a read should do.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Join,
    /// Run elsewhere, and have the connection checked: it may be dead.
    Check,
    /// Run elsewhere: the connection is being checked, or what is first in it takes its time.
    Busy,
}

impl Traffic {
    /// `trip` is how long it takes to get there and back.
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

    /// Returns the number of the read that is sent.
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

    /// Returns `false` if a check is under way.
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
