//! The fault suite: breaks what the service stands on, drives the real binary from outside, and checks that it keeps its
//! promises. `just faults` runs it; `docs/reliability.md` says what is promised.

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
mod postgres;
mod process;
mod promises;
mod proxy;
#[path = "../../../bench/src/random.rs"]
mod random;
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

use clap::Parser;

use crate::{
    context::Context,
    database::Store,
    promises::{Measured, Promise},
    report::{LeftOut, Outcome, Row},
};

/// How long a check may take before it counts as one that hangs.
const PATIENCE: Duration = Duration::from_mins(3);
const LONG_PATIENCE: Duration = Duration::from_hours(1);

/// Breaks what the service stands on, and checks that it keeps its promises. Exits with 1 if it does not.
#[derive(Debug, Parser)]
#[command(name = "just faults")]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
struct CommandLine {
    /// The service's program; by default the one that was built along with this
    #[arg(long)]
    binary: Option<PathBuf>,
    /// As many rounds as before a release, which takes hours
    #[arg(long)]
    long: bool,
    /// Only the checks whose name contains this; may be given several times
    #[arg(long)]
    only: Vec<String>,
    /// List the checks and what they promise
    #[arg(long)]
    list: bool,
    /// Set a variable for the service, such as `REQUEST_TIMEOUT=60s`, to see what becomes of the promises
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    set: Vec<(String, String)>,
    /// Set a parameter of Postgres likewise, such as `synchronous_commit=off`
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    set_postgres: Vec<(String, String)>,
    /// Print JSON instead of the table
    #[arg(long)]
    json: bool,
    /// Keep logs and databases
    #[arg(long)]
    keep: bool,
}

fn pair(text: &str) -> Result<(String, String), &'static str> {
    let (name, value) = text.split_once('=').ok_or("not NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

/// A way to break things, and what is promised under it.
struct Fault {
    name: &'static str,
    /// What is done.
    story: &'static str,
    /// The databases it is done on, one after the other.
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
        // What runs is stopped on the way out.
        interrupted = tokio::signal::ctrl_c() => { interrupted?; return Ok(ExitCode::from(130)); }
    };
    if command_line.json {
        println!("{:#}", rows.iter().map(Row::json).collect::<serde_json::Value>());
    } else {
        println!("{}", report::table(&rows));
    }
    if command_line.keep {
        eprintln!("everything is kept in {}", context.keep().display());
    }
    // On a machine of one's own some checks may be impossible; CI must run them all.
    let may_leave_out = std::env::var_os("CI").is_none_or(|value| value.is_empty());
    Ok(if report::is_success(&rows, may_leave_out) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn list(faults: &[&Fault]) {
    for fault in faults {
        let on: Vec<String> = fault.on.iter().map(ToString::to_string).collect();
        println!("{} ({}): {}", fault.name, on.join(", "), fault.story);
        for promise in fault.promises {
            println!("    {promise}");
        }
    }
    println!("{} (both): the logs of all that ran are searched\n    {}", logs::NAME, logs::PROMISE);
}

async fn run(context: &Context, faults: &[&Fault], keep: bool) -> Vec<Row> {
    let mut rows = Vec::new();
    for fault in faults {
        for store in fault.on {
            let row = run_one(context, fault, *store).await;
            tell(&row);
            rows.push(row);
            if !keep && let Err(error) = context.tidy_up() {
                eprintln!("{}: {error:#}", fault.name);
            }
        }
    }
    let row = logs::search(context);
    tell(&row);
    rows.push(row);
    rows
}

/// Says what became of a check as soon as that is known.
fn tell(row: &Row) {
    if row.is_good() {
        eprintln!("{} ({}): kept, {:.1} s", row.fault, row.on, row.took.as_secs_f64());
    }
    for remark in row.remarks() {
        eprintln!("{remark}");
    }
}

async fn run_one(context: &Context, fault: &Fault, store: Store) -> Row {
    let begin = Instant::now();
    let patience = if context.long { LONG_PATIENCE } else { PATIENCE };
    let outcome = match tokio::time::timeout(patience, (fault.check)(context, store)).await {
        Ok(Ok(measured)) => Outcome::Ran { broken: measured.broken(fault.promises), measured },
        Ok(Err(error)) => match error.downcast::<LeftOut>() {
            Ok(LeftOut(reason)) => Outcome::LeftOut(reason),
            Err(error) => Outcome::Failed(format!("{error:#}").replace('\n', " ")),
        },
        Err(_elapsed) => Outcome::Failed(format!("it hangs: not done after {} s", patience.as_secs())),
    };
    Row { fault: fault.name, on: store.to_string(), took: begin.elapsed(), outcome }
}
