//! Runs `pgbench` with prepared statements: the speed of Postgres without a service.

use std::{fs, path::Path, process::Command, time::Duration};

use anyhow::{Context, bail};

use lab_common::postgres;

use crate::{data::Data, statements::Statements, workload::Workload};

/// The results of a run.
pub(crate) struct Outcome {
    /// The latencies of the transactions after the warm-up, in microseconds, in ascending order.
    pub(crate) latencies: Vec<u32>,
    /// The number of all transactions, warm-up included.
    pub(crate) transactions: u64,
}

/// Runs a workload for `warmup` and then for `duration`, which is measured. `None` if connecting took longer than the warm-up.
pub(crate) fn run(
    url: &str,
    statements: &Statements,
    workload: Workload,
    data: Data,
    connections: usize,
    (warmup, duration): (Duration, Duration),
    directory: &Path,
) -> anyhow::Result<Option<Outcome>> {
    let directory = tempfile::tempdir_in(directory)?;
    let scripts: Vec<(Workload, u64)> =
        if workload == Workload::Mix { Workload::MIX.to_vec() } else { vec![(workload, 1)] };
    let mut command = Command::new(postgres::program("pgbench").context("pgbench is not installed")?);
    command.current_dir(directory.path()).args(["--no-vacuum", "--protocol=prepared", "--log", "--define=made=0"]);
    command.args(["--define=doomed=0", &format!("--client={connections}"), &format!("--jobs={}", connections.min(2))]);
    command.arg(format!("--time={}", (warmup + duration).as_secs()));
    for (workload, weight) in scripts {
        let file = format!("{workload}.sql");
        fs::write(directory.path().join(&file), statements.script(workload, data, connections)?)?;
        command.arg(format!("--file={file}@{weight}"));
    }
    let output = command.arg(url).output().context("pgbench")?;
    if !output.status.success() {
        bail!("pgbench failed: {}", String::from_utf8_lossy(&output.stderr));
    }

    let mut transactions = Vec::new();
    for entry in fs::read_dir(directory.path())?.flatten() {
        if entry.file_name().to_string_lossy().starts_with("pgbench_log") {
            for line in fs::read_to_string(entry.path())?.lines() {
                transactions.push(parse(line).with_context(|| format!("not a line of pgbench's log: {line}"))?);
            }
        }
    }
    let times = || transactions.iter().map(|(at, _)| *at);
    let (Some(first), Some(end)) = (times().min(), times().max()) else { return Ok(None) };
    let begin = end.saturating_sub(duration.as_micros());
    if first > begin {
        return Ok(None);
    }
    let counting = transactions.iter().filter(|(at, _)| *at > begin);
    let mut latencies: Vec<u32> = counting.map(|(_, took)| *took).collect();
    latencies.sort_unstable();
    Ok(Some(Outcome { latencies, transactions: transactions.len() as u64 }))
}

/// How much longer `pgbench` should run, since its time includes connecting.
pub(crate) fn connecting(connections: usize) -> Duration {
    Duration::from_secs(connections as u64 / 80)
}

/// When a transaction ended and its latency, in microseconds, from a line of the log: client, number, **latency**, script,
/// **seconds**, **microseconds**.
fn parse(line: &str) -> Option<(u128, u32)> {
    let mut fields = line.split(' ').skip(2);
    let took = fields.next()?.parse().ok()?;
    let seconds: u128 = fields.nth(1)?.parse().ok()?;
    Some((seconds * 1_000_000 + fields.next()?.parse::<u128>().ok()?, took))
}
