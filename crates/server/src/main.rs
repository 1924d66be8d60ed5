//! `tasks-api`: a multi-user task API in one binary.
//!
//! This crate only connects the parts: it reads the command line and the settings, opens the database, builds the application
//! of `http` over the adapters of `infra`, and shuts down gracefully.

#![forbid(unsafe_code)]

mod cli;
mod config;
mod jobs;
mod metrics;
mod serve;
mod signals;
mod telemetry;
mod verifiers;

use std::process::ExitCode;

use clap::Parser;
use mimalloc::MiMalloc;

use crate::{cli::CommandLine, config::Environment};

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    let command_line = CommandLine::parse();
    let outcome = Environment::of_process().and_then(|environment| command_line.run(&environment));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Always one line, which operators see when the start fails.
            eprintln!("tasks-api: {}", format!("{error:#}").replace('\n', " "));
            ExitCode::FAILURE
        }
    }
}
