//! Measures requests: all targets in turn, in several rounds.

use std::{collections::HashMap, sync::atomic::AtomicU64, time::Duration};

use anyhow::{Context, bail};
use aws_lc_rs::signature::Ed25519KeyPair;
use lab_common::Random;
use tempfile::TempDir;

use crate::{
    data::{Data, Dialect, FIRST_DOOMED, FIRST_TASK},
    machine,
    measure::{measure, scratch},
    measurement::{Figures, Measurement, median, medians},
    options::{Options, Target},
    peers, pgbench,
    postgres::Postgres,
    process::Server,
    report::{Machine, Report},
    requests::{Client, Working, clients},
    same,
    servers::{self, Service},
    sqlite::Sqlite,
    statements::Statements,
    tokens::{self, Key},
    workload::Workload,
};

/// The rows of every run.
const DATA: Data = Data { owners: 200, tasks_each: 1000 };

/// All servers and databases of a run. Fields are dropped in this order, servers before databases.
pub(crate) struct Bench {
    service: Service,
    servers: HashMap<Target, Server>,
    sqlite: Option<Sqlite>,
    postgres: Postgres,
    /// Only if `pgbench` is among the targets.
    statements: Option<Statements>,
    secret_clients: Vec<Client>,
    ed25519_clients: Vec<Client>,
    times: (Duration, Duration),
    start_ms: Vec<(Target, f64)>,
    scratch: TempDir,
    _files: TempDir,
}

impl Bench {
    /// Starts the servers for these options and fills the databases.
    pub(crate) fn start(options: &Options, service: Service) -> anyhow::Result<Self> {
        let targets = options.targets();
        let scratch = scratch()?;
        let files = tempfile::Builder::new().prefix("tasks-bench-").tempdir()?;
        let log = |target: Target| scratch.path().join(format!("{target:?}.log"));

        eprintln!("inserting {} tasks for each of {} users", DATA.tasks_each, DATA.owners);
        let has_pgbench = targets.contains(&Target::Pgbench);
        let statements = has_pgbench.then(|| Statements::derive(&service)).transpose()?;
        let mut postgres = Postgres::start()?;
        service.migrate(&postgres.url)?;
        postgres.execute(&Dialect::Postgres.add_owners(DATA.owners))?;
        postgres.execute(&Dialect::Postgres.add_tasks(FIRST_TASK, DATA.tasks(), DATA.owners))?;
        postgres.execute("VACUUM ANALYZE")?;

        let key = Ed25519KeyPair::generate().context("no key")?;
        let key_set = tokens::publish(&key)?;
        let key = Key::Ed25519(key);
        let secret_clients = clients(DATA.owners, |owner| Key::Secret.token(owner))?;
        let ed25519_clients = clients(DATA.owners, |owner| key.token(owner))?;

        let mut running = HashMap::new();
        let mut sqlite = None;
        let mut start_ms = Vec::new();
        for target in &targets {
            let target = target.server();
            if running.contains_key(&target) {
                continue;
            }
            let log = log(target);
            let server = match target {
                Target::Service | Target::Eddsa => {
                    started_often(target, &mut start_ms, || service.start(&postgres.url, key_set, &log))?
                }
                Target::Quiet => service.start_quiet(&postgres.url, key_set, &log)?,
                Target::Sqlite => {
                    let file = files.path().join("tasks.db");
                    let url = format!("sqlite:{}", file.display());
                    service.migrate(&url)?;
                    let mut database = Sqlite::open(&file)?;
                    database.execute(&Dialect::Sqlite.add_owners(DATA.owners))?;
                    database.execute(&Dialect::Sqlite.add_tasks(FIRST_TASK, DATA.tasks(), DATA.owners))?;
                    database.execute("ANALYZE")?;
                    sqlite = Some(database);
                    started_often(target, &mut start_ms, || service.start(&url, key_set, &log))?
                }
                Target::Fixed => servers::fixed(&log)?,
                Target::Pgbench => continue,
                Target::Fastapi => peers::fastapi(&postgres.url, &log)?,
                Target::Hono => peers::hono(&postgres.url, &log)?,
            };
            running.insert(target, server);
        }
        let bench = Self {
            service,
            servers: running,
            sqlite,
            postgres,
            statements,
            secret_clients,
            ed25519_clients,
            times: options.times(),
            start_ms,
            scratch,
            _files: files,
        };
        bench.check_responses(&targets)?;
        Ok(bench)
    }

    /// Checks that all servers respond as the service does.
    fn check_responses(&self, targets: &[Target]) -> anyhow::Result<()> {
        let transcript = |target: Target| {
            let server = self.servers.get(&target.server()).context("not started")?;
            let client = self.clients(target).get(same::OWNER).context("no clients")?;
            same::transcript(server.address, client).with_context(|| target.title())
        };
        if !self.servers.contains_key(&Target::Service) {
            return Ok(());
        }
        let expected = transcript(Target::Service)?;
        for other in targets.iter().filter(|target| !matches!(target, Target::Fixed | Target::Pgbench)) {
            same::compare(&expected, &transcript(*other)?).with_context(|| other.title())?;
        }
        Ok(())
    }

    fn clients(&self, target: Target) -> &[Client] {
        if target == Target::Eddsa { &self.ed25519_clients } else { &self.secret_clients }
    }

    fn requests<'a>(&'a self, target: Target, workload: Workload, deleted: &'a AtomicU64) -> Working<'a> {
        Working { workload, data: DATA, clients: self.clients(target), random: Random::new(1), deleted }
    }

    /// Takes all measurements.
    pub(crate) fn run(mut self, options: &Options) -> anyhow::Result<Report> {
        let targets = options.targets();
        let (mut measurements, mut failed) = (Vec::new(), Vec::new());
        for round in 0..options.rounds() {
            eprintln!("round {} of {}", round + 1, options.rounds());
            for workload in options.workloads() {
                for connections in options.connections() {
                    for nth in 0..targets.len() {
                        // Each round begins with another target, since each affects the next.
                        let Some(target) = targets.get((nth + round) % targets.len()).copied() else { continue };
                        match self.measure(target, workload, connections) {
                            Ok(figures) => {
                                let measurement = Measurement { target, workload, connections, figures };
                                eprintln!("{measurement}");
                                measurements.push(measurement);
                            }
                            // Continue with the other measurements.
                            Err(error) => {
                                let what = format!("{workload} {connections} × {}: {error:#}", target.title());
                                eprintln!("FAILED {what}");
                                failed.push(what);
                            }
                        }
                    }
                }
            }
        }
        Ok(Report {
            machine: Machine::new(&mut self.postgres)?,
            seconds: self.times.1.as_secs(),
            rounds: options.rounds(),
            binary_bytes: self.service.bytes()?,
            start_ms: self.start_ms,
            failed,
            medians: medians(&measurements),
            measurements,
        })
    }

    fn measure(&mut self, target: Target, workload: Workload, connections: usize) -> anyhow::Result<Figures> {
        if target != Target::Pgbench {
            if workload.deletes() && target != Target::Fixed {
                self.add_doomed(target, connections, self.times.0 + self.times.1)?;
            }
            let figures = self.measure_server(target, workload, connections);
            self.tidy_up_after(workload, target)?;
            return figures;
        }
        let mut extra = pgbench::connecting(connections);
        loop {
            if workload.deletes() {
                self.add_doomed(target, connections, self.times.0 + extra + self.times.1)?;
            }
            let figures = self.measure_pgbench(workload, connections, extra);
            let all_deleted = workload.deletes() && self.postgres.one::<i64>(&Dialect::count_doomed())? == 0;
            self.tidy_up_after(workload, target)?;
            match figures? {
                _ if all_deleted => bail!("too few tasks were left to delete"),
                Some(figures) => return Ok(figures),
                None if extra > Duration::from_mins(1) => bail!("pgbench takes too long to connect"),
                None => extra = extra * 2 + Duration::from_secs(1),
            }
        }
    }

    fn measure_server(&mut self, target: Target, workload: Workload, connections: usize) -> anyhow::Result<Figures> {
        let server = self.servers.get(&target.server()).context("not started")?;
        let database = if target == Target::Sqlite || target == Target::Fixed { None } else { self.postgres.pid() };
        let deleted = AtomicU64::new(0);
        measure(server, database, connections, &mut self.requests(target, workload, &deleted), self.times)
    }

    /// `None` if connecting took longer than `extra`.
    fn measure_pgbench(
        &mut self,
        workload: Workload,
        connections: usize,
        extra: Duration,
    ) -> anyhow::Result<Option<Figures>> {
        let pid = self.postgres.pid();
        let used = || pid.map_or(Ok(0.0), machine::cpu_seconds);
        let before = used()?;
        let (warmup, duration) = self.times;
        let outcome = pgbench::run(
            &self.postgres.url,
            self.statements.as_ref().context("no statements")?,
            workload,
            DATA,
            connections,
            (warmup + extra, duration),
            self.scratch.path(),
        )?;
        let database_cpu = used()? - before;
        Ok(outcome.map(|outcome| Figures {
            database_cpu_us: pid.map(|_| database_cpu * 1e6 / outcome.transactions as f64),
            ..Figures::of(&outcome.latencies, duration)
        }))
    }

    /// Inserts more tasks than can be deleted in this time.
    fn add_doomed(&mut self, target: Target, connections: usize, time: Duration) -> anyhow::Result<()> {
        let a_second = match (target, connections) {
            (Target::Fastapi | Target::Hono, _) | (_, 1) => 8_000,
            _ => 100_000,
        };
        self.execute(target, |dialect| dialect.add_tasks(FIRST_DOOMED, a_second * time.as_secs(), DATA.owners))
    }

    fn tidy_up_after(&mut self, workload: Workload, target: Target) -> anyhow::Result<()> {
        if workload.writes() { self.tidy_up(target) } else { Ok(()) }
    }

    /// Restores the tables to their state at the start, without dead rows.
    fn tidy_up(&mut self, target: Target) -> anyhow::Result<()> {
        match target {
            Target::Fixed => Ok(()),
            Target::Sqlite => {
                self.execute(target, Dialect::remove_added)?;
                self.execute(target, |_| "PRAGMA wal_checkpoint(TRUNCATE)".to_owned())
            }
            _ => self.postgres.tidy_up(),
        }
    }

    fn execute(&mut self, target: Target, statement: impl Fn(Dialect) -> String) -> anyhow::Result<()> {
        match (&mut self.sqlite, target) {
            (Some(sqlite), Target::Sqlite) => sqlite.execute(&statement(Dialect::Sqlite))?,
            _ => self.postgres.execute(&statement(Dialect::Postgres))?,
        };
        Ok(())
    }
}

/// Starts a server five times, records the median start time, and keeps the last.
fn started_often(
    target: Target,
    start_ms: &mut Vec<(Target, f64)>,
    start: impl Fn() -> anyhow::Result<Server>,
) -> anyhow::Result<Server> {
    let mut took = Vec::new();
    let mut server = start()?;
    for _again in 0..4 {
        took.push(server.took_to_start.as_secs_f64() * 1e3);
        drop(server);
        server = start()?;
    }
    took.push(server.took_to_start.as_secs_f64() * 1e3);
    start_ms.push((target, median(took)));
    Ok(server)
}
