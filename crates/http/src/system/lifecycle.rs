//! Whether the service is stopping.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

/// Tells every worker that the service is stopping. Clones share the state.
///
/// From then on the service is not ready, and each response closes its connection, so that clients send no further request on
/// it.
#[derive(Debug, Clone, Default)]
pub struct Lifecycle(Arc<AtomicBool>);

impl Lifecycle {
    /// Marks the service as stopping.
    pub fn begin_stopping(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
