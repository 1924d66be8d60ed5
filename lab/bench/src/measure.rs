//! Measures a server.

use std::{
    path::PathBuf,
    thread,
    time::{Duration, Instant},
};

use anyhow::bail;
use tempfile::TempDir;

use crate::{
    load::{Load, Window},
    machine,
    measurement::Figures,
    process::Server,
    requests::Requests,
};

/// Sends requests to a server for `warmup` and then for `duration`, which is measured. `database` is the process id of its
/// database.
pub(crate) fn measure(
    server: &Server,
    database: Option<u32>,
    connections: usize,
    requests: &mut (dyn Requests + Send),
    (warmup, duration): (Duration, Duration),
) -> anyhow::Result<Figures> {
    machine::reset_peak_memory(server.pid())?;
    let mut load = Load::connect(server.address, connections)?;
    let begin = Instant::now() + warmup;
    let window = Window { begin, end: begin + duration };
    let used = || {
        let database = database.map_or(Ok(0.0), machine::cpu_seconds)?;
        anyhow::Ok([machine::cpu_seconds(server.pid())?, database, machine::own_cpu_seconds()?])
    };
    let (outcome, before, after) = thread::scope(|scope| {
        let load = scope.spawn(|| load.run(requests, window));
        sleep_until(window.begin);
        let before = used()?;
        sleep_until(window.end);
        let after = used()?;
        let outcome = load.join().unwrap_or_else(|_| bail!("the load generator panicked"))?;
        anyhow::Ok((outcome, before, after))
    })?;
    let [server_cpu, database_cpu, generator_cpu] = std::array::from_fn(|at| after[at] - before[at]);
    server.empty_log()?;
    if let Some(error) = &outcome.first_error {
        eprintln!("{} errors, the first: {error}", outcome.errors);
    }
    let requests = outcome.latencies.len() as f64;
    Ok(Figures {
        server_cpu_us: Some(server_cpu * 1e6 / requests),
        database_cpu_us: database.map(|_| database_cpu * 1e6 / requests),
        generator_cpu: Some(generator_cpu / duration.as_secs_f64()),
        peak_memory: Some(machine::peak_memory(server.pid())?),
        errors: outcome.errors,
        ..Figures::of(&outcome.latencies, duration)
    })
}

/// A temporary directory, in memory if possible, so that logs and samples do not use the disk.
pub(crate) fn scratch() -> anyhow::Result<TempDir> {
    let memory = PathBuf::from("/dev/shm");
    let place = if memory.is_dir() { memory } else { std::env::temp_dir() };
    Ok(tempfile::Builder::new().prefix("tasks-bench-").tempdir_in(place)?)
}

fn sleep_until(instant: Instant) {
    thread::sleep(instant.saturating_duration_since(Instant::now()));
}
