//! The runtime of the main thread.

use tokio::runtime::Builder;

/// Runs everything except requests. The threads that serve requests have their own runtimes.
///
/// # Errors
///
/// That of `future`; or if there can be no runtime.
pub(super) fn block_on(future: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let outcome = runtime.block_on(future);
    // Dropping the runtime would wait for the lookup of a host name, which takes many seconds if no name server answers.
    runtime.shutdown_background();
    outcome
}
