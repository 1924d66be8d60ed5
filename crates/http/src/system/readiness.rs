//! Checks the dependencies of the service.

use std::{sync::Arc, time::Duration};

use domain::{Readiness, RepositoryError};
use futures_util::future::join_all;

/// How long a check may take. `tasks-api health` waits three seconds for the response.
const LIMIT: Duration = Duration::from_secs(2);

/// The name of a dependency, and its check.
pub type Dependency = (&'static str, Arc<dyn Readiness>);

/// Checks all dependencies concurrently. Takes at most two seconds.
pub async fn check_readiness(dependencies: &[Dependency]) -> Vec<(&'static str, Result<(), RepositoryError>)> {
    join_all(dependencies.iter().map(async |(name, dependency)| {
        let outcome = tokio::time::timeout(LIMIT, dependency.check()).await;
        let no_answer = || RepositoryError::Unavailable(format!("no answer within {} s", LIMIT.as_secs()).into());
        (*name, outcome.unwrap_or_else(|_elapsed| Err(no_answer())))
    }))
    .await
}
