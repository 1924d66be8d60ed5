//! The sources of the metrics' values.

use std::sync::{Arc, Mutex, PoisonError};

use http::{Connections, Dependency, JwksVerifier, Limits};
use infra::{Database, DatabaseStatistics};
use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{family::Family, gauge::Gauge},
};
use tracing_appender::non_blocking::ErrorCounter;

/// The sources of the metrics.
pub(crate) struct Sources {
    pub(crate) http: Arc<http::Metrics>,
    pub(crate) limits: Arc<Limits>,
    pub(crate) connections: Arc<Connections>,
    pub(crate) databases: Vec<Database>,
    pub(crate) key_set: Option<Arc<JwksVerifier>>,
    pub(crate) readiness: Vec<Dependency>,
    pub(crate) dropped_lines: ErrorCounter,
}

/// Values that are read once per scrape and used by several metrics.
#[derive(Clone, Default)]
pub(super) struct Latest {
    pub(super) ready: Family<Check, Gauge>,
    statistics: Arc<Mutex<DatabaseStatistics>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Check {
    pub(super) check: &'static str,
}

impl Latest {
    pub(super) fn set_statistics(&self, statistics: DatabaseStatistics) {
        *self.statistics.lock().unwrap_or_else(PoisonError::into_inner) = statistics;
    }

    pub(super) fn statistics(&self) -> DatabaseStatistics {
        *self.statistics.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
