//! Turns the outcome of a change to a task into a response.

use domain::{Task, UpdateOutcome};

use super::wire;
use crate::output::{error::ApiError, etag};

/// Returns the value of a successful change.
///
/// # Errors
///
/// `NOT_FOUND`, or `VERSION_CONFLICT` with the task as it is now.
pub(super) fn done<T>(outcome: UpdateOutcome<Task, T>) -> Result<T, ApiError> {
    match outcome {
        UpdateOutcome::Done(result) => Ok(result),
        UpdateOutcome::Absent => Err(ApiError::not_found()),
        UpdateOutcome::Stale(current) => {
            Err(ApiError::version_conflict(&wire::Task::from(&current), etag::of_version(current.version)))
        }
    }
}
