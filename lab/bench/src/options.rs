//! The command line.

use std::{path::PathBuf, time::Duration};

use clap::{Parser, Subcommand, ValueEnum};
use serde::Serialize;

use crate::workload::Workload;

/// Compares the service with what it replaces and with Postgres alone, all on this machine and in turn.
#[derive(Debug, Parser)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct CommandLine {
    /// Another measurement than that of requests.
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    /// The binary to measure; by default the one that `just release` builds
    #[arg(long, global = true)]
    pub(crate) binary: Option<PathBuf>,
    /// Which requests to measure, and how.
    #[command(flatten)]
    pub(crate) options: Options,
}

/// Other measurements.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Measure how speed depends on the size of the table, and on that of one user's list
    Growth(Growth),
    /// Serve fixed responses on the port in PORT, to measure the load generator itself
    #[command(hide = true)]
    Fixed,
}

/// Sizes to measure, and how.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Growth {
    /// Numbers of tasks in the table, in ascending order
    #[arg(long, value_delimiter = ',', default_values_t = [10_000, 1_000_000, 10_000_000])]
    pub(crate) tasks: Vec<u64>,
    /// Numbers of tasks of one user, in a table of the largest size
    #[arg(long, value_delimiter = ',', default_values_t = [10, 10_000, 1_000_000])]
    pub(crate) of_one_user: Vec<u64>,
    /// Number of connections
    #[arg(long, default_value_t = 32)]
    pub(crate) connections: usize,
    /// Number of rounds; medians are reported
    #[arg(long, default_value_t = 5)]
    pub(crate) rounds: usize,
    /// Seconds of a measurement
    #[arg(long, default_value_t = 3)]
    pub(crate) seconds: u64,
    /// Directory for the results
    #[arg(long, default_value = "target/bench")]
    pub(crate) out: PathBuf,
}

/// Which measurements to take.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Options {
    /// One short round of the main workloads at 32 connections: two minutes instead of more than an hour
    #[arg(long)]
    pub(crate) quick: bool,
    /// Only these workloads
    #[arg(long, value_delimiter = ',')]
    pub(crate) only: Vec<Workload>,
    /// Only these targets
    #[arg(long, value_delimiter = ',')]
    pub(crate) targets: Vec<Target>,
    /// Numbers of connections
    #[arg(long, value_delimiter = ',')]
    pub(crate) connections: Vec<usize>,
    /// Number of rounds; medians are reported
    #[arg(long)]
    pub(crate) rounds: Option<usize>,
    /// Seconds of a measurement
    #[arg(long)]
    pub(crate) seconds: Option<u64>,
    /// Seconds of warm-up before each measurement
    #[arg(long, default_value_t = 1)]
    pub(crate) warmup: u64,
    /// Directory for the results
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

    /// The number of rounds.
    pub(crate) fn rounds(&self) -> usize {
        self.rounds.unwrap_or(if self.quick { 1 } else { 3 })
    }

    /// The durations of the warm-up and of the measurement.
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
    /// The same with only errors logged, like the peers
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
    /// A server of fixed responses, to measure the load generator
    Fixed,
}

impl Target {
    /// The target whose server is used. Both kinds of tokens use the same process, since no two processes are equally fast.
    pub(crate) fn server(self) -> Self {
        if self == Self::Eddsa { Self::Service } else { self }
    }

    /// Its title in tables.
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
