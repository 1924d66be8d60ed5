//! The metrics: what there is, by name, and the address at which Prometheus reads it.

mod endpoint;
mod reading;

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use domain::{Clock, SystemClock};
use http::{Dependency, JwksVerifier, Limits, check_readiness};
use infra::{Database, DatabaseStatistics};
use prometheus_client::{
    encoding::{EncodeLabelSet, text},
    metrics::{family::Family, gauge::Gauge, info::Info},
    registry::Registry,
};
use tracing_appender::non_blocking::ErrorCounter;

pub(crate) use self::endpoint::{Address, listen};
use self::reading::{Count, Level};

/// Where the numbers come from.
pub(crate) struct Sources {
    pub(crate) http: Arc<http::Metrics>,
    pub(crate) limits: Arc<Limits>,
    pub(crate) database: Database,
    pub(crate) key_set: Option<Arc<JwksVerifier>>,
    pub(crate) readiness: Vec<Dependency>,
    pub(crate) dropped_lines: ErrorCounter,
}

/// All metrics, ready to be read.
pub(crate) struct Metrics {
    registry: Registry,
    database: Database,
    readiness: Vec<Dependency>,
    latest: Latest,
}

/// What is looked at once whenever the metrics are read.
#[derive(Clone)]
struct Latest {
    ready: Family<Check, Gauge>,
    statistics: Arc<Mutex<DatabaseStatistics>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Check {
    check: &'static str,
}

impl Metrics {
    pub(crate) fn new(sources: Sources) -> Self {
        let (database, readiness) = (sources.database.clone(), sources.readiness.clone());
        let latest =
            Latest { ready: Family::default(), statistics: Arc::new(Mutex::new(sources.database.statistics())) };
        Self { registry: registry(sources, &latest), database, readiness, latest }
    }

    /// All metrics as they are now, in the format of `OpenMetrics`.
    pub(crate) async fn read(&self) -> Result<String, fmt::Error> {
        // First: what is asked of the database below would be seen in them.
        self.latest.set_statistics(self.database.statistics());
        for (check, outcome) in check_readiness(&self.readiness).await {
            self.latest.ready.get_or_create(&Check { check }).set(outcome.is_ok().into());
        }
        let mut lines = String::new();
        text::encode(&mut lines, &self.registry)?;
        Ok(lines)
    }
}

impl Latest {
    fn set_statistics(&self, statistics: DatabaseStatistics) {
        *self.statistics.lock().unwrap_or_else(PoisonError::into_inner) = statistics;
    }

    fn statistics(&self) -> DatabaseStatistics {
        *self.statistics.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Every metric, its name and what it tells. Counters get `_total` after their name, and the one of the build `_info`. What
/// is renamed here is renamed in `deploy/` too: a test looks for every name that is used there.
fn registry(sources: Sources, latest: &Latest) -> Registry {
    let Sources { http, limits, key_set, dropped_lines, .. } = sources;
    let mut all = Registry::default();

    all.register("http_requests", "Requests that were answered", http.requests.clone());
    all.register(
        "http_request_duration_seconds",
        "How long requests took, from the head of the request to that of the answer",
        http.durations.clone(),
    );
    all.register("http_requests_in_flight", "Requests that are not answered yet", http.in_flight.clone());
    all.register(
        "http_errors",
        "Requests that were answered with an error, by the code in the envelope",
        http.errors.clone(),
    );
    all.register(
        "http_requests_turned_away",
        "Requests that were turned away: for overload, or because a user or an address had made too many",
        limits.rejected().clone(),
    );
    let remembered = move || Some(limits.remembered());
    all.register(
        "tasks_api_rate_limits_remembered",
        "Users and addresses whose requests of the last moments are remembered, for their limits",
        Level(remembered),
    );
    all.register("tasks_api_tokens", "Tokens that were verified or refused, and why", http.tokens.clone());
    if let Some(key_set) = key_set {
        let age = move || key_set.key_set_age().map(|age| age.as_secs_f64());
        all.register("tasks_api_key_set_age_seconds", "How long ago the key set was fetched", Level(age));
    }
    all.register(
        "tasks_api_ready",
        "1 if what is checked is ready, as /health/ready would say now",
        latest.ready.clone(),
    );

    register_database(&mut all, latest);
    let dropped = move || u64::try_from(dropped_lines.dropped_lines()).unwrap_or(u64::MAX);
    all.register("tasks_api_log_lines_dropped", "Lines for which the log had no room", Count(dropped));
    let version = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
    all.register("tasks_api_build", "Which version this is", version);
    let start = SystemClock.now().unix_seconds();
    all.register(
        "process_start_time_seconds",
        "When the process started, in seconds since 1970",
        Level(move || Some(start)),
    );
    all
}

/// What the connections to the database tell of themselves.
fn register_database(all: &mut Registry, latest: &Latest) {
    let level = |read: fn(DatabaseStatistics) -> usize| {
        let latest = latest.clone();
        Level(move || Some(read(latest.statistics())))
    };
    let count = |read: fn(DatabaseStatistics) -> u64| {
        let latest = latest.clone();
        Count(move || read(latest.statistics()))
    };
    all.register(
        "tasks_api_database_connections_max",
        "How many connections to the database there may be",
        level(|now| now.max_connections),
    );
    all.register(
        "tasks_api_database_connections",
        "How many connections to the database there are",
        level(|now| now.size),
    );
    all.register(
        "tasks_api_database_connections_idle",
        "How many of these a statement can have at once: nobody uses them, or reads share them",
        level(|now| now.idle),
    );
    all.register(
        "tasks_api_database_waiting",
        "How many statements wait for a connection, those as one that are going to share it",
        level(|now| now.waiting),
    );
    all.register(
        "tasks_api_database_acquire_timeouts",
        "Statements that were given up because no connection became free, or could be opened, in time",
        count(|now| now.acquire_timeouts),
    );
    all.register(
        "tasks_api_database_retries",
        "Statements that were run again because they had lost against another transaction",
        count(|now| now.retries),
    );
    all.register(
        "tasks_api_database_reads_pipelined",
        "Reads that went over a connection to Postgres that reads share",
        count(|now| now.pipelined),
    );
    all.register(
        "tasks_api_database_changes_grouped",
        "Changes that were committed to Postgres together with others",
        count(|now| now.grouped),
    );
    all.register(
        "tasks_api_database_changes_ungrouped",
        "Changes that were taken back because one beside them was refused, and made anew alone",
        count(|now| now.ungrouped),
    );
    all.register(
        "tasks_api_validation_gaps",
        "Statements that the database refused for input that validation should have refused",
        count(|now| now.validation_gaps),
    );
}
