//! The list of all endpoints, resource by resource.

use crate::{endpoint::Endpoint, tasks};

const RESOURCES: [&[Endpoint]; 1] = [tasks::ENDPOINTS];

/// Every endpoint under `/api`.
pub fn endpoints() -> impl Iterator<Item = &'static Endpoint> {
    RESOURCES.into_iter().flatten()
}
