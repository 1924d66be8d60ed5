//! The metrics, and the address where Prometheus reads them.

mod collector;
mod endpoint;
mod reading;
mod registry;
mod sources;

pub(crate) use self::{collector::Metrics, endpoint::listen, sources::Sources};
