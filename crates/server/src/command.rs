//! The command line.

use std::sync::Arc;

use anyhow::{Context, anyhow, bail};
use clap::{Parser, Subcommand};
use domain::{Identity, OwnerId, SessionStore};
use infra::{Database, DatabaseSettings};
use tokio::runtime::Runtime;

use crate::{
    config::{self, Config},
    health,
    output::print,
    serve::serve,
    settings::{self, Duration, Environment},
    signals::StopSignals,
    telemetry,
    tokens::TokenConfig,
};

/// A multi-user task API. Without a command it serves; `tasks-api settings` lists the
/// environment variables that it heeds.
#[derive(Debug, Parser)]
#[command(version)]
pub(crate) struct CommandLine {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Look after the database's schema
    #[command(subcommand)]
    Migrate(Migrate),
    /// Print a token for a user, signed with `BETTER_AUTH_SECRET`; or say what one is worth
    #[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
    Token(Token),
    /// Ask the running service whether it is ready
    Health,
    /// Print the OpenAPI document
    Openapi,
    /// List the settings, as a table in Markdown
    Settings,
}

#[derive(Debug, Subcommand)]
enum Migrate {
    /// Bring the database up to date
    Up,
    /// Take back the newest migrations, and what is in their tables; those that belong to Better Auth stay
    Down {
        /// To say that the tasks may go: taking back the first migrations drops their table
        #[arg(long, required = true)]
        delete_tasks: bool,
        /// How many migrations to take back
        #[arg(long, default_value_t = 1)]
        steps: u32,
    },
    /// List the migrations and whether each is applied
    Status,
}

#[derive(Debug, clap::Args)]
struct Token {
    #[command(subcommand)]
    command: Option<TokenCommand>,
    /// The id of the user
    #[arg(long, required = true)]
    user: Option<String>,
    /// The user's name, for the row that is made where users are provisioned
    #[arg(long)]
    name: Option<String>,
    /// The user's e-mail address, likewise
    #[arg(long)]
    email: Option<String>,
    /// How long the token is good: 30s, 15m, 1h, 7d
    #[arg(long, default_value = "1h")]
    expires_in: Duration,
}

#[derive(Debug, Subcommand)]
enum TokenCommand {
    /// Read a token from standard input and say whose it is, or why it would be refused
    Inspect,
}

impl CommandLine {
    /// Does what was asked for.
    pub(crate) fn run(self, environment: &Environment) -> anyhow::Result<()> {
        match self.command {
            None => {
                let config = Config::read(environment)?;
                let log = telemetry::init(environment, config.stage)?;
                runtime()?.block_on(serve(config, log.dropped_lines.clone()))
            }
            Some(Command::Migrate(migrate)) => {
                let database = config::database(environment)?;
                let _flushed_at_the_end = telemetry::init(environment, environment.value(&settings::ENVIRONMENT)?)?;
                runtime()?.block_on(async {
                    let mut signals = StopSignals::new()?;
                    tokio::select! {
                        done = migrate.run(&database) => done,
                        () = signals.next() => bail!("stopped before it was done: what was not done is left out whole"),
                    }
                })
            }
            Some(Command::Token(token)) => token.run(environment),
            Some(Command::Health) => health::check(environment),
            Some(Command::Openapi) => print(format_args!("{:#}", http::openapi_document())),
            Some(Command::Settings) => print(settings::table().trim_end()),
        }
    }
}

/// For all but requests, which have threads and runtimes of their own.
fn runtime() -> anyhow::Result<Runtime> {
    Ok(tokio::runtime::Builder::new_current_thread().enable_all().build()?)
}

impl Migrate {
    async fn run(self, settings: &infra::DatabaseSettings) -> anyhow::Result<()> {
        let database = Database::connect(settings).await.context("DATABASE_URL")?;
        match self {
            Self::Up => report("applied", &database.migrate_up().await?)?,
            Self::Down { steps, delete_tasks: _ } => report("taken back", &database.migrate_down(steps).await?)?,
            Self::Status => {
                for migration in database.migration_status().await? {
                    let state = if migration.applied { "applied" } else { "pending" };
                    print(format_args!("{state}  {}", migration.name))?;
                }
            }
        }
        database.close().await;
        Ok(())
    }
}

fn report(what: &str, migrations: &[String]) -> anyhow::Result<()> {
    if migrations.is_empty() {
        return print("nothing to do");
    }
    migrations.iter().try_for_each(|migration| print(format_args!("{what}: {migration}")))
}

impl Token {
    fn run(self, environment: &Environment) -> anyhow::Result<()> {
        match self.command {
            None => self.print(&TokenConfig::read(environment)?),
            Some(TokenCommand::Inspect) => {
                let config = TokenConfig::read_to_inspect(environment)?;
                let database = config.uses_sessions().then(|| config::database(environment)).transpose()?;
                runtime()?.block_on(inspect(&config, database))
            }
        }
    }

    fn print(self, config: &TokenConfig) -> anyhow::Result<()> {
        let minter = config.minter()?.context("BETTER_AUTH_SECRET must be set: tokens are signed with it")?;
        let id = OwnerId::try_from(self.user.unwrap_or_default()).map_err(|rule| anyhow!("--user {rule}"))?;
        let Duration(lifetime) = self.expires_in;
        if lifetime > config.max_lifetime() {
            bail!("--expires-in must be at most MAX_TOKEN_LIFETIME: the service would refuse the token");
        }
        let seconds = u32::try_from(lifetime.as_secs().max(1)).context("--expires-in is too long")?;
        print(minter.mint(&Identity { id, name: self.name, email: self.email }, seconds)?)
    }
}

/// Says what the service would say of the token on standard input, with the cause that it keeps from clients.
async fn inspect(config: &TokenConfig, database: Option<DatabaseSettings>) -> anyhow::Result<()> {
    let mut token = String::new();
    std::io::stdin().read_line(&mut token).context("standard input")?;
    let sessions: Option<Arc<dyn SessionStore>> = match database {
        Some(mut settings) => {
            settings.url = settings.url.existing();
            Some(Arc::new(Database::connect(&settings).await.context("DATABASE_URL")?.sessions()))
        }
        None => None,
    };
    let identity = config.verifiers(sessions, &[])?.authenticator.inspect(without_scheme(token.trim())).await?;
    print(format_args!("good: the token of user {}", identity.id))
}

/// A token that was copied from a header, without the `Bearer` before it.
fn without_scheme(pasted: &str) -> &str {
    match pasted.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim_start(),
        _ => pasted,
    }
}
