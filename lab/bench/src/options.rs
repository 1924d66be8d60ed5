//! The command line.

use std::{path::PathBuf, time::Duration};

use clap::{Parser, Subcommand, ValueEnum};
use serde::Serialize;

use crate::workload::Workload;

/// Measures the service beside what it replaces and beside Postgres itself, all on this machine and in turn.
#[derive(Debug, Parser)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct CommandLine {
    /// What to measure, where that is not the requests.
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    /// The binary to measure; without it, the one that `just release` made
    #[arg(long, global = true)]
    pub(crate) binary: Option<PathBuf>,
    /// Which requests, and how.
    #[command(flatten)]
    pub(crate) options: Options,
}

/// What there is to measure besides.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Measure what becomes of the service as the table grows, and the list of one user
    Growth(Growth),
    /// Answer every request at once with a fixed response, on the port in PORT: what the load generator can do
    #[command(hide = true)]
    Fixed,
}

/// How far the table grows.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Growth {
    /// How many tasks there are in all, in ascending order
    #[arg(long, value_delimiter = ',', default_values_t = [10_000, 1_000_000, 10_000_000])]
    pub(crate) tasks: Vec<u64>,
    /// How many tasks one user has, in a table of the last of these sizes
    #[arg(long, value_delimiter = ',', default_values_t = [10, 10_000, 1_000_000])]
    pub(crate) of_one_user: Vec<u64>,
    /// Over how many connections to ask
    #[arg(long, default_value_t = 32)]
    pub(crate) connections: usize,
    /// How often each measurement is taken; medians are reported
    #[arg(long, default_value_t = 5)]
    pub(crate) rounds: usize,
    /// How long a measurement takes
    #[arg(long, default_value_t = 3)]
    pub(crate) seconds: u64,
    /// Where the results go
    #[arg(long, default_value = "target/bench")]
    pub(crate) out: PathBuf,
}

/// Which measurements to take.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Options {
    /// One short round of the main workloads at 32 connections: two minutes instead of more than an hour
    #[arg(long)]
    pub(crate) quick: bool,
    /// These workloads only
    #[arg(long, value_delimiter = ',')]
    pub(crate) only: Vec<Workload>,
    /// These targets only
    #[arg(long, value_delimiter = ',')]
    pub(crate) targets: Vec<Target>,
    /// How many connections
    #[arg(long, value_delimiter = ',')]
    pub(crate) connections: Vec<usize>,
    /// How often each measurement is taken; medians are reported
    #[arg(long)]
    pub(crate) rounds: Option<usize>,
    /// How long a measurement takes
    #[arg(long)]
    pub(crate) seconds: Option<u64>,
    /// How long it runs before it counts
    #[arg(long, default_value_t = 1)]
    pub(crate) warmup: u64,
    /// Where the results go
    #[arg(long, default_value = "target/bench")]
    pub(crate) out: PathBuf,
}

impl Options {
    /// The workloads to measure.
    pub(crate) fn workloads(&self) -> Vec<Workload> {
        use Workload::{Create, Get, List20, Toggle};
        match (self.only.as_slice(), self.quick) {
            ([], true) => vec![Get, List20, Create, Toggle],
            ([], false) => Workload::value_variants().to_vec(),
            (only, _) => only.to_vec(),
        }
    }

    /// The targets to measure.
    pub(crate) fn targets(&self) -> Vec<Target> {
        match (self.targets.as_slice(), self.quick) {
            ([], true) => vec![Target::Service, Target::Fastapi, Target::Hono, Target::Pgbench],
            ([], false) => Target::value_variants().to_vec(),
            (targets, _) => targets.to_vec(),
        }
    }

    /// The numbers of connections to measure with.
    pub(crate) fn connections(&self) -> Vec<usize> {
        match (self.connections.as_slice(), self.quick) {
            ([], true) => vec![32],
            ([], false) => vec![1, 32, 256],
            (connections, _) => connections.to_vec(),
        }
    }

    /// How often each measurement is taken.
    pub(crate) fn rounds(&self) -> usize {
        self.rounds.unwrap_or(if self.quick { 1 } else { 3 })
    }

    /// How long a measurement runs before it counts, and how long then.
    pub(crate) fn times(&self) -> (Duration, Duration) {
        let seconds = self.seconds.unwrap_or(if self.quick { 2 } else { 3 });
        (Duration::from_secs(self.warmup), Duration::from_secs(seconds.max(1)))
    }
}

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
#[value(rename_all = "lowercase")]
pub(crate) enum Target {
    /// The service on Postgres, with HS256 tokens
    Service,
    /// The same, logging errors only, as the peers do
    Quiet,
    /// The service on Postgres, with `EdDSA` tokens
    Eddsa,
    /// The service on SQLite
    Sqlite,
    /// FastAPI + SQLModel + asyncpg
    Fastapi,
    /// Hono + Drizzle + postgres.js
    Hono,
    /// The statements of the service without the service
    Pgbench,
    /// A fixed response: what the load generator can do
    Fixed,
}

impl Target {
    /// The one whose server answers: with tokens of either kind it is the same process, since two are never equally fast.
    pub(crate) fn server(self) -> Self {
        if self == Self::Eddsa { Self::Service } else { self }
    }

    /// What it is called in tables.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Service => "tasks-api",
            Self::Quiet => "tasks-api, errors logged only",
            Self::Eddsa => "tasks-api, EdDSA tokens",
            Self::Sqlite => "tasks-api on SQLite",
            Self::Fastapi => "FastAPI + SQLModel",
            Self::Hono => "Hono + Drizzle",
            Self::Pgbench => "Postgres alone (pgbench)",
            Self::Fixed => "a fixed response",
        }
    }
}
