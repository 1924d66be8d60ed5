//! The command line.

mod backup;
mod health;
mod migrate;
mod move_tasks;
mod print;
mod runtime;
mod shard;
mod token;

use clap::{Parser, Subcommand};
use infra::DatabaseSettings;

use self::{
    backup::{Backup, Restore},
    migrate::Migrate,
    move_tasks::MoveTasks,
    print::print,
    runtime::block_on,
    shard::Shard,
    token::Token,
};
use crate::{
    config::{self, Config, Environment, Logging},
    serve::serve,
    telemetry,
};

/// A multi-user task API. Without a command it serves; `tasks-api settings` lists the
/// environment variables that it reads.
#[derive(Debug, Parser)]
#[command(version)]
pub(crate) struct CommandLine {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Manage the database's schema
    #[command(subcommand)]
    Migrate(Migrate),
    /// Give all tasks of a user to another user, such as those of a guest who has signed up
    MoveTasks(MoveTasks),
    /// Print the statements that distribute the tables over the workers of a Citus cluster, or run those that are missing
    Shard(Shard),
    /// Copy the SQLite database to a file, while the service runs
    Backup(Backup),
    /// Replace the SQLite database by a backup, while the service is stopped; the old database is kept
    Restore(Restore),
    /// Print a token for a user, signed with `BETTER_AUTH_SECRET`; or check a token
    #[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
    Token(Token),
    /// Check whether the running service is ready
    Health,
    /// Print the OpenAPI document
    Openapi,
    /// List the settings, as a table in Markdown
    Settings,
}

impl CommandLine {
    /// Runs the command, or serves.
    pub(crate) fn run(self, environment: &Environment) -> anyhow::Result<()> {
        match self.command {
            None => {
                let config = Config::read(environment)?;
                let log = telemetry::init(Logging::read(environment)?)?;
                warn_about(environment);
                block_on(serve(&config, &log))
            }
            Some(Command::Migrate(migrate)) => {
                on_database(environment, async |database| migrate.run_until_stopped(&database).await)
            }
            Some(Command::MoveTasks(command)) => on_database(environment, async |database| command.run(database).await),
            Some(Command::Shard(command)) => on_database(environment, async |database| command.run(database).await),
            Some(Command::Backup(command)) => {
                on_database(environment, async |database| command.run(&database.url).await)
            }
            Some(Command::Restore(command)) => {
                on_database(environment, async |database| command.run(&database.url).await)
            }
            Some(Command::Token(token)) => token.run(environment),
            Some(Command::Health) => health::check(environment),
            Some(Command::Openapi) => print(format_args!("{:#}", http::openapi_document(&http::PublicPath::default()))),
            Some(Command::Settings) => print(config::table().trim_end()),
        }
    }
}

/// Runs a command that uses the database. It logs to standard error.
fn on_database(
    environment: &Environment,
    command: impl AsyncFnOnce(DatabaseSettings) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let database = config::read_database(environment)?;
    let _flushed_at_the_end = telemetry::init(Logging::of_command(environment)?)?;
    warn_about(environment);
    block_on(command(database))
}

/// Logs what is odd about the settings, although it may be meant.
fn warn_about(environment: &Environment) {
    for oddity in environment.oddities() {
        tracing::warn!("{oddity}");
    }
}
