//! `tasks-api move-tasks`.

use anyhow::{Context, anyhow};
use clap::Args;
use domain::OwnerId;
use infra::{Database, DatabaseSettings};

use super::print::print;

#[derive(Debug, Args)]
pub(super) struct MoveTasks {
    /// The id of the user who has the tasks, such as a guest
    #[arg(long, value_name = "USER", value_parser = user)]
    from: OwnerId,
    /// The id of the user who gets them
    #[arg(long, value_name = "USER", value_parser = user)]
    to: OwnerId,
}

fn user(id: &str) -> anyhow::Result<OwnerId> {
    OwnerId::try_from(id.to_owned()).map_err(|rule| anyhow!("{rule}"))
}

impl MoveTasks {
    pub(super) async fn run(self, settings: DatabaseSettings) -> anyhow::Result<()> {
        let settings = DatabaseSettings { url: settings.url.existing(), ..settings };
        let database = Database::connect(&settings).await.context("DATABASE_URL")?;
        database.check_schema().await?;
        let database = database.with_layout().await?;
        let Self { from, to } = self;
        let moved = database.move_tasks(&from, &to).await?;
        database.close().await;
        match moved {
            0 => print(format_args!("nothing to move: {from} has no tasks")),
            1 => print(format_args!("moved 1 task from {from} to {to}")),
            _ => print(format_args!("moved {moved} tasks from {from} to {to}")),
        }
    }
}
