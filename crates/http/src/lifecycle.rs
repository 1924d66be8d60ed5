//! Whether the service is about to stop.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

/// Says to every worker that the service is about to stop. Clones share it.
///
/// From then on the service is not ready, and each response closes its connection: a client that waited for it sends
/// nothing more on a connection that would be cut.
#[derive(Debug, Clone, Default)]
pub struct Lifecycle(Arc<AtomicBool>);

impl Lifecycle {
    /// The service is about to stop.
    pub fn begin_stopping(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
