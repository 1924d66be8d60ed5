//! A way to close a connection.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use tokio::task::AbortHandle;

/// Closes a connection. Answers hold clones.
#[derive(Debug, Clone)]
pub(crate) struct Line(Arc<LineState>);

#[derive(Debug)]
struct LineState {
    driver: AbortHandle,
    is_closed: AtomicBool,
}

impl Line {
    pub(crate) fn new(driver: AbortHandle) -> Self {
        Self(Arc::new(LineState { driver, is_closed: AtomicBool::new(false) }))
    }

    /// Closes the connection at once, even with statements in flight.
    pub(crate) fn close(&self) {
        // The driver ends only when the runtime gets to it.
        self.0.is_closed.store(true, Ordering::Relaxed);
        self.0.driver.abort();
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.0.is_closed.load(Ordering::Relaxed)
    }
}
