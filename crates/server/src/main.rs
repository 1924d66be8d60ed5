//! `tasks-api`: a multi-user task API in one binary.
//!
//! This crate only wires: it reads the command line and the settings, opens the database, builds the application of
//! `http` over the adapters of `infra`, and stops in order.

mod command;
mod config;
mod development;
mod health;
mod limits;
mod metrics;
mod output;
mod serve;
mod settings;
mod signals;
mod sweep;
mod telemetry;
mod tokens;

use std::process::ExitCode;

use clap::Parser;
use mimalloc::MiMalloc;

use crate::{command::CommandLine, settings::Environment};

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    let command_line = CommandLine::parse();
    let outcome = Environment::of_process().and_then(|environment| command_line.run(&environment));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // One line, whatever caused it: this is what an operator sees when the start fails.
            eprintln!("tasks-api: {}", format!("{error:#}").replace('\n', " "));
            ExitCode::FAILURE
        }
    }
}
