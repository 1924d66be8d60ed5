//! All metrics, read on each scrape.

use std::fmt;

use http::{Dependency, check_readiness};
use infra::Database;
use prometheus_client::{encoding::text, registry::Registry};

use super::{
    registry::registry,
    sources::{Check, Latest, Sources},
};

/// All metrics, ready to be read.
pub(crate) struct Metrics {
    registry: Registry,
    /// One for each worker.
    databases: Vec<Database>,
    readiness: Vec<Dependency>,
    latest: Latest,
}

impl Metrics {
    pub(crate) fn new(sources: Sources) -> Self {
        let (databases, readiness) = (sources.databases.clone(), sources.readiness.clone());
        let latest = Latest::default();
        Self { registry: registry(sources, &latest), databases, readiness, latest }
    }

    /// The present values of all metrics, in the `OpenMetrics` format.
    pub(crate) async fn read(&self) -> Result<String, fmt::Error> {
        // Read this first, because the readiness check below uses the database too.
        self.latest.set_statistics(self.databases.iter().map(Database::statistics).sum());
        for (check, outcome) in check_readiness(&self.readiness).await {
            self.latest.ready.get_or_create(&Check { check }).set(outcome.is_ok().into());
        }
        let mut lines = String::new();
        text::encode(&mut lines, &self.registry)?;
        Ok(lines)
    }
}
