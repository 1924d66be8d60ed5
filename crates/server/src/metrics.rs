//! The metrics and their endpoint for Prometheus.

mod collector;
mod endpoint;
mod reading;
mod registry;
mod sources;

pub(crate) use self::{collector::Metrics, endpoint::listen, sources::Sources};
