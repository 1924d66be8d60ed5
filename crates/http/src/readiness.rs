//! Whether what the service depends on is ready.

use std::{sync::Arc, time::Duration};

use domain::{Readiness, RepositoryError};
use futures_util::future::join_all;

/// How long a check may take. Less than whoever asks waits for an answer: `tasks-api health` does for three seconds.
const LIMIT: Duration = Duration::from_secs(2);

/// What must be ready for the service to be, and its name.
pub type Dependency = (&'static str, Arc<dyn Readiness>);

/// Asks all of them at once whether they are ready. Takes two seconds at the most.
pub async fn check_readiness(dependencies: &[Dependency]) -> Vec<(&'static str, Result<(), RepositoryError>)> {
    join_all(dependencies.iter().map(async |(name, dependency)| {
        let outcome = tokio::time::timeout(LIMIT, dependency.check()).await;
        let no_answer = || RepositoryError::Unavailable(format!("no answer within {} s", LIMIT.as_secs()).into());
        (*name, outcome.unwrap_or_else(|_elapsed| Err(no_answer())))
    }))
    .await
}
