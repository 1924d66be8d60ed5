//! Sums up events for the log.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// Events of one kind, of which at most one line a second is logged.
#[derive(Default)]
pub(super) struct Summed(Mutex<State>);

#[derive(Default)]
struct State {
    logged: Option<Instant>,
    unlogged: u64,
}

impl Summed {
    const INTERVAL: Duration = Duration::from_secs(1);

    /// Counts an event. Returns how many to log now, if any.
    pub(super) fn count(&self) -> Option<u64> {
        self.with(|state| {
            state.unlogged += 1;
            state.logged.is_none_or(|at| at.elapsed() >= Self::INTERVAL)
        })
    }

    /// How many events are not logged yet, if any.
    pub(super) fn rest(&self) -> Option<u64> {
        self.with(|state| state.unlogged > 0)
    }

    fn with(&self, is_due: impl FnOnce(&mut State) -> bool) -> Option<u64> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        is_due(&mut state).then(|| {
            state.logged = Some(Instant::now());
            std::mem::take(&mut state.unlogged)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn events_within_a_second_are_logged_together() {
        let events = Summed::default();

        assert_eq!((events.count(), events.count(), events.count()), (Some(1), None, None));
        tokio::time::advance(Summed::INTERVAL).await;
        assert_eq!((events.count(), events.count()), (Some(3), None));
        assert_eq!((events.rest(), events.rest()), (Some(1), None));
    }
}
