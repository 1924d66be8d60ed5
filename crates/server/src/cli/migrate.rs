//! `tasks-api migrate`.

use anyhow::{Context, bail};
use clap::Subcommand;
use infra::{Database, DatabaseSettings, MigrateError};

use super::print::print;
use crate::signals::StopSignals;

#[derive(Debug, Subcommand)]
pub(super) enum Migrate {
    /// Apply all pending migrations
    Up,
    /// Revert the newest migrations and delete the data in their tables; migrations of Better Auth's tables stay
    Down {
        /// Confirms that tasks may be deleted: reverting the first migrations drops their table
        #[arg(long, required = true)]
        delete_tasks: bool,
        /// How many migrations to revert
        #[arg(long, default_value_t = 1)]
        steps: u32,
    },
    /// List the migrations and whether each is applied
    Status,
}

impl Migrate {
    /// Runs the command, until a signal stops it.
    pub(super) async fn run_until_stopped(self, settings: &DatabaseSettings) -> anyhow::Result<()> {
        let mut signals = StopSignals::new()?;
        tokio::select! {
            done = self.run(settings) => done,
            () = signals.next() => bail!("stopped before it was done: the unfinished migration is rolled back"),
        }
    }

    async fn run(self, settings: &DatabaseSettings) -> anyhow::Result<()> {
        let database = Database::connect(settings).await.context("DATABASE_URL")?;
        match self {
            Self::Up => {
                report("applied", &database.migrate_up().await?)?;
                database.warn_of_open_tables().await?;
                database.warn_of_unsharded_tables().await;
            }
            Self::Down { steps, delete_tasks: _ } => report("reverted", &database.migrate_down(steps).await?)?,
            Self::Status => {
                for migration in database.migration_status().await? {
                    let state = if migration.applied { "applied" } else { "pending" };
                    print(format_args!("{state}  {}", migration.name))?;
                }
                database.warn_of_unsharded_tables().await;
                // Applied migrations do not say whether their tables are still there.
                if let Err(rejected @ MigrateError::Rejected(_)) = database.check_schema().await {
                    return Err(rejected.into());
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
