//! The runtime of the main thread.

use tokio::runtime::{Builder, Runtime};

/// A runtime for everything but requests, whose threads have runtimes of their own.
pub(super) fn runtime() -> anyhow::Result<Runtime> {
    Ok(Builder::new_current_thread().enable_all().build()?)
}
