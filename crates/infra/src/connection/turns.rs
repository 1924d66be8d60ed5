//! Reads that may be of many rows, some of them at a time.
//!
//! Any number of reads can share a pipeline. Were all of them long lists, most would wait for longer than a read has patience
//! there, and be read once more over connections to themselves: all of these at once, while no change could have one. And the
//! rows of each take memory until all of them have come.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use sea_orm::{ConnAcquireErr, DbErr};
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::timeout,
};

/// How many a thread reads at once: enough that Postgres need not wait for the next one, even if it is some milliseconds away,
/// and so few that the last of them is still answered soon.
const AT_ONCE: usize = 16;

/// The turns of one thread.
pub(super) struct Turns {
    free: Semaphore,
    waiting: AtomicUsize,
    acquire_timeout: Duration,
}

impl Turns {
    pub(super) fn new(acquire_timeout: Duration) -> Self {
        Self { free: Semaphore::new(AT_ONCE), waiting: AtomicUsize::new(0), acquire_timeout }
    }

    /// The next turn, for as long as it is kept.
    ///
    /// # Errors
    ///
    /// If it does not come within the time in which a connection must be had, or never will.
    pub(super) async fn take(&self) -> Result<SemaphorePermit<'_>, DbErr> {
        if let Ok(turn) = self.free.try_acquire() {
            return Ok(turn);
        }
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let _waiting = scopeguard::guard((), |()| {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
        });
        match timeout(self.acquire_timeout, self.free.acquire()).await {
            Ok(Ok(turn)) => Ok(turn),
            Ok(Err(_closed)) => Err(DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed)),
            Err(_elapsed) => Err(DbErr::ConnectionAcquire(ConnAcquireErr::Timeout)),
        }
    }

    /// How many wait for theirs.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// Lets nobody have one any more.
    pub(super) fn close(&self) {
        self.free.close();
    }
}

#[cfg(test)]
mod tests {
    use std::{iter::repeat_with, time::Duration};

    use futures_util::{FutureExt, future::join_all};
    use sea_orm::{ConnAcquireErr, DbErr};

    use super::{AT_ONCE, Turns};

    #[tokio::test]
    async fn there_are_only_so_many_turns_and_who_waits_has_the_next() {
        let turns = Turns::new(Duration::from_hours(1));
        let mut taken = join_all(repeat_with(|| turns.take()).take(AT_ONCE)).await;
        let mut waits = Box::pin(turns.take());
        assert!(waits.as_mut().now_or_never().is_none());
        assert_eq!(turns.waiting(), 1);

        taken.pop();

        assert!(waits.await.is_ok());
        assert_eq!(turns.waiting(), 0);
    }

    #[tokio::test]
    async fn who_waits_for_too_long_gives_up_and_so_does_who_waits_in_vain() {
        let turns = Turns::new(Duration::from_millis(1));
        let _taken = join_all(repeat_with(|| turns.take()).take(AT_ONCE)).await;
        let error = turns.take().await.unwrap_err();
        assert!(matches!(error, DbErr::ConnectionAcquire(ConnAcquireErr::Timeout)), "{error}");

        turns.close();

        let error = turns.take().await.unwrap_err();
        assert!(matches!(error, DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed)), "{error}");
        assert_eq!(turns.waiting(), 0);
    }
}
