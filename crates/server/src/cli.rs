//! The command line.

mod health;
mod migrate;
mod print;
mod runtime;
mod token;

use clap::{Parser, Subcommand};

use self::{migrate::Migrate, print::print, runtime::runtime, token::Token};
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
                runtime()?.block_on(serve(&config, &log))
            }
            Some(Command::Migrate(migrate)) => {
                let database = config::database(environment)?;
                let _flushed_at_the_end = telemetry::init(Logging::of_command(environment)?)?;
                runtime()?.block_on(migrate.run_until_stopped(&database))
            }
            Some(Command::Token(token)) => token.run(environment),
            Some(Command::Health) => health::check(environment),
            Some(Command::Openapi) => print(format_args!("{:#}", http::openapi_document(&http::PublicPath::default()))),
            Some(Command::Settings) => print(config::table().trim_end()),
        }
    }
}
