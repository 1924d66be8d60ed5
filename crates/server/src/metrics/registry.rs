//! Every metric with its name and help text. The names of counters get the suffix `_total`, and the build information `_info`.
//! When renaming a metric, rename it in `deploy/` too: a test checks the names that are used there.

use domain::{Clock, SystemClock};
use infra::{Database, DatabaseStatistics};
use prometheus_client::{metrics::info::Info, registry::Registry};

use super::{
    reading::{Count, Level},
    sources::{Latest, Sources},
};

pub(super) fn registry(sources: Sources, latest: &Latest) -> Registry {
    let mut all = Registry::default();
    register_requests(&mut all, &sources);
    register_connections(&mut all, &sources);
    register_tokens(&mut all, &sources);
    register_database(&mut all, latest);
    register_sharing(&mut all, &sources);
    register_process(&mut all, sources, latest);
    all
}

fn register_requests(all: &mut Registry, sources: &Sources) {
    let (http, limits) = (&sources.http, &sources.limits);
    all.register("http_requests", "Requests answered, by route, method and status", http.requests.clone());
    all.register(
        "http_request_duration_seconds",
        "Time from the head of a request to the head of its response",
        http.durations.clone(),
    );
    all.register("http_requests_in_flight", "Requests received and not yet answered", http.in_flight.clone());
    all.register("http_errors", "Requests answered with an error, by error code", http.errors.clone());
    all.register(
        "http_requests_turned_away",
        "Requests rejected because of overload or a rate limit, by reason",
        limits.rejected().clone(),
    );
    let limits = limits.clone();
    all.register(
        "tasks_api_rate_limits_remembered",
        "Users and client addresses that the rate limits keep in memory",
        Level(move || Some(limits.remembered())),
    );
}

fn register_connections(all: &mut Registry, sources: &Sources) {
    let (open, connections) = (sources.connections.clone(), &sources.connections);
    all.register("http_connections", "Open connections of clients", Level(move || Some(open.open())));
    let max = connections.max();
    all.register("http_connections_max", "Most connections of clients that may be open", Level(move || Some(max)));
    all.register(
        "http_connections_closed",
        "Connections closed because there were too many, or the client was too slow, by reason",
        connections.closed().clone(),
    );
}

fn register_tokens(all: &mut Registry, sources: &Sources) {
    all.register("tasks_api_tokens", "Tokens checked, by verifier and result", sources.http.tokens.clone());
    if let Some(key_set) = sources.key_set.clone() {
        let age = move || key_set.key_set_age().map(|age| age.as_secs_f64());
        all.register("tasks_api_key_set_age_seconds", "Time since the key set was last fetched", Level(age));
    }
}

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
        "Most connections to the database that may be open",
        level(|now| now.connections.max_connections),
    );
    all.register(
        "tasks_api_database_connections",
        "Open connections to the database",
        level(|now| now.connections.size),
    );
    all.register(
        "tasks_api_database_connections_idle",
        "Open connections that can run a statement at once",
        level(|now| now.connections.idle),
    );
    all.register(
        "tasks_api_database_waiting",
        "Statements waiting for a connection",
        level(|now| now.connections.waiting),
    );
    all.register(
        "tasks_api_database_acquire_timeouts",
        "Statements that failed because they got no connection within DATABASE_ACQUIRE_TIMEOUT",
        count(|now| now.connections.acquire_timeouts),
    );
    all.register(
        "tasks_api_database_retries",
        "Statements retried after a serialization failure or a deadlock",
        count(|now| now.connections.retries),
    );
    all.register(
        "tasks_api_database_reads_pipelined",
        "Reads sent over a connection to Postgres that several reads share",
        count(|now| now.connections.pipelined),
    );
    all.register(
        "tasks_api_database_changes_grouped",
        "Writes committed to Postgres in one transaction with others",
        count(|now| now.connections.grouped),
    );
    all.register(
        "tasks_api_database_changes_ungrouped",
        "Writes whose group was rolled back, and that were then run singly",
        count(|now| now.connections.ungrouped),
    );
    all.register(
        "tasks_api_validation_gaps",
        "Statements that the database rejected for input that validation should have rejected",
        count(|now| now.validation_gaps),
    );
}

fn register_sharing(all: &mut Registry, sources: &Sources) {
    let is_on = |database: &Database| database.sharing().is_some_and(|sharing| sharing.is_on);
    let shares: i64 = sources.databases.iter().all(is_on).into();
    all.register(
        "tasks_api_database_connections_shared",
        "1 if reads share connections to the database and changes share commits, else 0",
        Level(move || Some(shares)),
    );
}

fn register_process(all: &mut Registry, sources: Sources, latest: &Latest) {
    all.register("tasks_api_ready", "1 if the check is ready, else 0; as in /health/ready", latest.ready.clone());
    let dropped_lines = sources.dropped_lines;
    let dropped = move || u64::try_from(dropped_lines.dropped_lines()).unwrap_or(u64::MAX);
    all.register("tasks_api_log_lines_dropped", "Log lines dropped because the log is read too slowly", Count(dropped));
    all.register("tasks_api_build", "The version of the service", Info::new([("version", env!("CARGO_PKG_VERSION"))]));
    let start = SystemClock.now().unix_seconds();
    all.register(
        "process_start_time_seconds",
        "Start time of the process, in seconds since 1970",
        Level(move || Some(start)),
    );
}
