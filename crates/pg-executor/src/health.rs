//! The health of a server, as its connections reveal it.

use std::{
    sync::{Mutex, PoisonError},
    time::Instant,
};

/// When connections to one server last failed. A cause such as a restart has most likely broken all of them.
#[derive(Debug, Default)]
pub(crate) struct Health {
    last_death: Mutex<Option<Instant>>,
    last_doubt: Mutex<Option<Instant>>,
}

impl Health {
    /// Reports a dead connection. Connections that have not answered since are not used again, because trying them one by one
    /// would take time.
    pub(crate) fn report_death(&self) {
        *self.last_death.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// Reports that a statement sent at this time has no answer yet. It may be waiting for a lock, or the server may have
    /// vanished. So connections that have not answered since are pinged before use.
    pub(crate) fn report_doubt(&self, sent: Instant) {
        *self.last_doubt.lock().unwrap_or_else(PoisonError::into_inner) = Some(sent);
    }

    /// Whether a connection that last answered at this time is most likely dead.
    pub(crate) fn is_dead(&self, answered: Instant) -> bool {
        is_before(answered, &self.last_death)
    }

    /// Whether a connection that last answered at this time must be pinged before it is used.
    pub(crate) fn is_in_doubt(&self, answered: Instant) -> bool {
        is_before(answered, &self.last_doubt)
    }
}

fn is_before(answered: Instant, event: &Mutex<Option<Instant>>) -> bool {
    event.lock().unwrap_or_else(PoisonError::into_inner).is_some_and(|event| answered <= event)
}
