//! The open connection of a pipeline.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use super::traffic::{PATIENCE, TRIPS, Traffic, Verdict};
use crate::{Answer, Error, Statement, connection::PgConnection};

pub(super) struct Channel {
    connection: PgConnection,
    /// How long a read waits for an answer.
    patience: Duration,
    traffic: Mutex<Traffic>,
}

impl Channel {
    /// `trip` is the duration of a round trip.
    pub(super) fn new(connection: PgConnection, trip: Duration) -> Self {
        let traffic = Mutex::new(Traffic::new(Instant::now(), trip));
        Self { connection, patience: PATIENCE + trip * TRIPS, traffic }
    }

    pub(super) async fn read(&self, statement: &Statement) -> Result<Answer, Error> {
        let number = self.traffic().send();
        let answer = self.connection.run(statement).await;
        if !matches!(answer, Err(Error::OutcomeUnknown(_))) {
            self.traffic().answer(number);
        }
        answer
    }

    pub(super) async fn ping(&self) -> Result<(), Error> {
        self.connection.ping().await
    }

    pub(super) async fn close(self) {
        self.connection.close().await;
    }

    pub(super) fn patience(&self) -> Duration {
        self.patience
    }

    pub(super) fn is_to_be_replaced(&self, max_lifetime: Duration) -> bool {
        self.connection.is_closed() || self.connection.is_to_be_replaced(max_lifetime)
    }

    pub(super) fn verdict(&self) -> Verdict {
        self.traffic().verdict()
    }

    /// Whether any answer has arrived within that time.
    pub(super) fn is_answering(&self) -> bool {
        !self.is_silent_for(self.patience)
    }

    pub(super) fn is_silent_for(&self, time: Duration) -> bool {
        self.traffic().is_silent_for(time)
    }

    /// Returns `false` if a check is already running.
    pub(super) fn begin_check(&self) -> bool {
        self.traffic().begin_check()
    }

    pub(super) fn pass_check(&self) {
        self.traffic().pass_check();
    }

    fn traffic(&self) -> MutexGuard<'_, Traffic> {
        self.traffic.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
