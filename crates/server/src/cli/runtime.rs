//! The runtime of the main thread.

use tokio::runtime::{Builder, Runtime};

/// A runtime for everything except requests. The threads that serve requests have their own runtimes.
pub(super) fn runtime() -> anyhow::Result<Runtime> {
    Ok(Builder::new_current_thread().enable_all().build()?)
}
