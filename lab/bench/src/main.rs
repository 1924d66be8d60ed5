//! `just bench`: compares the speed of the service with what it replaces and with Postgres alone.

#![forbid(unsafe_code)]
#![expect(clippy::cast_precision_loss, reason = "figures of measurements are not that precise")]

mod answer;
mod data;
mod fixed;
mod growth;
mod load;
mod log;
mod machine;
mod measure;
mod measurement;
mod options;
mod peers;
mod pgbench;
mod postgres;
mod process;
mod report;
mod requests;
mod run;
mod same;
mod servers;
mod sqlite;
mod statements;
mod svg;
mod tokens;
mod workload;

use anyhow::bail;
use clap::Parser;

use crate::{
    options::{Command, CommandLine, Options},
    run::Bench,
    servers::Service,
};

fn main() -> anyhow::Result<()> {
    let CommandLine { command, binary, options } = CommandLine::parse();
    match command {
        None => requests(&options, Service::find(binary)?),
        Some(Command::Growth(options)) => growth::run(&options, &Service::find(binary)?),
        Some(Command::Fixed) => fixed::serve(),
    }
}

fn requests(options: &Options, service: Service) -> anyhow::Result<()> {
    let report = Bench::start(options, service)?.run(options)?;
    report.write(&options.out)?;
    print!("\n{}", report.tables());
    println!("\nwritten to {}", options.out.display());
    let errors: u64 = report.medians.iter().map(|one| one.figures.errors).sum();
    if errors > 0 || !report.failed.is_empty() {
        bail!("{errors} responses had an unexpected status; {} measurements failed", report.failed.len());
    }
    Ok(())
}
