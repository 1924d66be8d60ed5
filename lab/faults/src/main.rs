//! The fault suite: starts the real binary, breaks its dependencies, and checks that it keeps its promises. `just faults` runs
//! it; `docs/reliability.md` lists the promises.

#![forbid(unsafe_code)]

mod context;
mod database;
mod faults;
mod history;
mod http;
mod keys;
mod ledger;
mod load;
mod logs;
mod parts;
mod postgres;
mod process;
mod promises;
mod proxy;
mod raw;
mod report;
mod service;
mod settings;
mod small_disk;
mod tokens;

use std::{
    path::PathBuf,
    pin::Pin,
    process::ExitCode,
    time::{Duration, Instant},
};

use clap::{Parser, Subcommand};

use crate::{
    context::Context,
    database::Store,
    promises::{Measured, Promise},
    report::{Outcome, Row, Skipped},
};

/// The time limit of a check, in a short run and in a long one.
const TIMEOUT: Duration = Duration::from_mins(3);
const LONG_TIMEOUT: Duration = Duration::from_hours(1);

/// Breaks the service's dependencies, and checks that it keeps its promises. Exits with 1 if it does not.
#[derive(Debug, Parser)]
#[command(name = "just faults")]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
struct CommandLine {
    /// The service's binary; by default the one in this program's directory
    #[arg(long)]
    binary: Option<PathBuf>,
    /// Run many rounds, as before a release; takes hours
    #[arg(long)]
    long: bool,
    /// Run only checks whose name contains this; may be repeated
    #[arg(long)]
    only: Vec<String>,
    /// List the checks with the promises they test
    #[arg(long)]
    list: bool,
    /// Override a setting of the service, such as `REQUEST_TIMEOUT=60s`, to see which promises break
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    set: Vec<(String, String)>,
    /// Override a parameter of Postgres, such as `synchronous_commit=off`
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    set_postgres: Vec<(String, String)>,
    /// Print JSON instead of the table
    #[arg(long)]
    json: bool,
    /// Keep logs and databases
    #[arg(long)]
    keep: bool,
    #[command(subcommand)]
    hidden: Option<Hidden>,
}

#[derive(Debug, Subcommand)]
enum Hidden {
    /// Plays a part in an attack; the suite starts these processes
    #[command(hide = true, name = parts::COMMAND)]
    Part,
}

fn pair(text: &str) -> Result<(String, String), &'static str> {
    let (name, value) = text.split_once('=').ok_or("not NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

/// A fault, and the promises that hold under it.
struct Fault {
    name: &'static str,
    /// What the check does.
    story: &'static str,
    /// The databases it runs on, in turn.
    on: &'static [Store],
    promises: &'static [Promise],
    check: Check,
}

type Check = for<'a> fn(&'a Context, Store) -> Checking<'a>;
type Checking<'a> = Pin<Box<dyn Future<Output = anyhow::Result<Measured>> + 'a>>;

const BOTH: &[Store] = &[Store::Postgres, Store::Sqlite];
const POSTGRES: &[Store] = &[Store::Postgres];
const SQLITE: &[Store] = &[Store::Sqlite];

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let command_line = CommandLine::parse();
    if let Some(Hidden::Part) = command_line.hidden {
        parts::play().await?;
        return Ok(ExitCode::SUCCESS);
    }
    let chosen = |fault: &&Fault| {
        command_line.only.is_empty() || command_line.only.iter().any(|part| fault.name.contains(part.as_str()))
    };
    let faults = faults::all();
    let faults: Vec<&Fault> = faults.iter().filter(chosen).collect();
    if command_line.list {
        list(&faults);
        return Ok(ExitCode::SUCCESS);
    }
    let binary = match command_line.binary {
        Some(binary) => binary,
        None => std::env::current_exe()?.with_file_name("tasks-api"),
    };
    let mut context = Context::new(&binary, command_line.long)?;
    context.set = command_line.set;
    context.set_postgres = command_line.set_postgres;
    process::allow_many_files()?;
    let rows = tokio::select! {
        rows = run(&context, &faults, command_line.keep) => rows,
        // Dropping the future stops the processes.
        interrupted = tokio::signal::ctrl_c() => { interrupted?; return Ok(ExitCode::from(130)); }
    };
    if command_line.json {
        println!("{:#}", rows.iter().map(Row::json).collect::<serde_json::Value>());
    } else {
        println!("{}{}", report::table(&rows), report::attacks(&rows));
    }
    if command_line.keep {
        eprintln!("logs and databases are in {}", context.keep().display());
    }
    // A developer's machine may lack what a check needs. CI must run all of them.
    let may_skip = std::env::var_os("CI").is_none_or(|value| value.is_empty());
    Ok(if report::is_success(&rows, may_skip) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn list(faults: &[&Fault]) {
    for fault in faults {
        let on: Vec<String> = fault.on.iter().map(ToString::to_string).collect();
        println!("{} ({}): {}", fault.name, on.join(", "), fault.story);
        for promise in fault.promises {
            println!("    {promise}");
        }
    }
    println!("{} (both): the logs of all checks are searched\n    {}", logs::NAME, logs::PROMISE);
}

async fn run(context: &Context, faults: &[&Fault], keep: bool) -> Vec<Row> {
    let mut rows = Vec::new();
    for fault in faults {
        for store in fault.on {
            let row = run_one(context, fault, *store).await;
            print(&row);
            rows.push(row);
            if !keep && let Err(error) = context.tidy_up() {
                eprintln!("{}: {error:#}", fault.name);
            }
        }
    }
    let row = logs::search(context);
    print(&row);
    rows.push(row);
    rows
}

/// Prints the result of a check as soon as it is done.
fn print(row: &Row) {
    if row.is_good() {
        eprintln!("{} ({}): kept, {:.1} s", row.fault, row.on, row.took.as_secs_f64());
    }
    for remark in row.remarks() {
        eprintln!("{remark}");
    }
}

async fn run_one(context: &Context, fault: &Fault, store: Store) -> Row {
    let begin = Instant::now();
    let limit = if context.long { LONG_TIMEOUT } else { TIMEOUT };
    let outcome = match tokio::time::timeout(limit, (fault.check)(context, store)).await {
        Ok(Ok(measured)) => Outcome::Ran { broken: measured.broken(fault.promises), measured },
        Ok(Err(error)) => match error.downcast::<Skipped>() {
            Ok(Skipped(reason)) => Outcome::Skipped(reason),
            Err(error) => Outcome::Failed(format!("{error:#}").replace('\n', " ")),
        },
        Err(_elapsed) => Outcome::Failed(format!("not done after {} s", limit.as_secs())),
    };
    Row { fault: fault.name, on: store.to_string(), took: begin.elapsed(), outcome }
}
