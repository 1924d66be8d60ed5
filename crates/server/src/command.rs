//! The command line.

use std::sync::Arc;

use clap::{Parser, Subcommand};
use domain::{Identity, OwnerId, SystemClock};
use http::SecretVerifier;
use infra::Database;

use crate::{
    config::{self, Config},
    health,
    serve::serve,
    settings::{self, Duration, Environment},
    telemetry,
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
    /// Print a token for a user, signed with `BETTER_AUTH_SECRET`
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
    /// Take back the newest migrations; tables that belong to Better Auth stay
    Down {
        /// How many migrations to take back
        #[arg(long, default_value_t = 1)]
        steps: u32,
    },
    /// List the migrations and whether each is applied
    Status,
}

#[derive(Debug, clap::Args)]
struct Token {
    /// The id of the user
    #[arg(long)]
    user: String,
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

impl CommandLine {
    /// Does what was asked for.
    pub(crate) fn run(self, environment: &Environment) -> anyhow::Result<()> {
        match self.command {
            None => {
                let config = Config::read(environment)?;
                telemetry::init(environment, config.stage)?;
                actix_web::rt::System::new().block_on(serve(config))
            }
            Some(Command::Migrate(migrate)) => {
                let database = config::database(environment)?;
                telemetry::init(environment, environment.value(&settings::ENVIRONMENT)?)?;
                actix_web::rt::System::new().block_on(migrate.run(&database))
            }
            Some(Command::Token(token)) => token.print(environment),
            Some(Command::Health) => health::check(environment),
            Some(Command::Openapi) => {
                println!("{:#}", http::openapi_document());
                Ok(())
            }
            Some(Command::Settings) => {
                print!("{}", settings::table());
                Ok(())
            }
        }
    }
}

impl Migrate {
    async fn run(self, settings: &infra::DatabaseSettings) -> anyhow::Result<()> {
        let database = Database::connect(settings).await?;
        match self {
            Self::Up => report("applied", &database.migrate_up().await?),
            Self::Down { steps } => report("taken back", &database.migrate_down(steps).await?),
            Self::Status => {
                for migration in database.migration_status().await? {
                    println!("{}  {}", if migration.applied { "applied" } else { "pending" }, migration.name);
                }
            }
        }
        database.close().await;
        Ok(())
    }
}

fn report(what: &str, migrations: &[String]) {
    if migrations.is_empty() {
        println!("nothing to do");
    }
    for migration in migrations {
        println!("{what}: {migration}");
    }
}

impl Token {
    fn print(self, environment: &Environment) -> anyhow::Result<()> {
        let minter = SecretVerifier::new(&config::secret(environment)?, Arc::new(SystemClock))?;
        let id = OwnerId::try_from(self.user).map_err(|rule| anyhow::anyhow!("--user {rule}"))?;
        let seconds = u32::try_from(self.expires_in.0.as_secs().max(1))?;
        println!("{}", minter.mint(&Identity { id, name: self.name, email: self.email }, seconds)?);
        Ok(())
    }
}
