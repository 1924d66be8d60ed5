//! The list of all endpoints, resource by resource.

use crate::{
    endpoint::{Endpoint, Resource},
    tasks,
};

pub(crate) const RESOURCES: [Resource; 1] = [tasks::RESOURCE];

/// Every endpoint under `/api`.
pub fn endpoints() -> impl Iterator<Item = &'static Endpoint> {
    RESOURCES.into_iter().flat_map(|resource| resource.endpoints)
}
