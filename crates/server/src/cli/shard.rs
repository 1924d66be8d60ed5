//! `tasks-api shard`.

use anyhow::{Context, bail};
use clap::Args;
use infra::{Database, DatabaseSettings, Node, Nodes, StepState};

use super::print::print;

#[derive(Debug, Args)]
pub(super) struct Shard {
    /// Run the statements that are missing, one after the other
    #[arg(long)]
    apply: bool,
    /// The name by which the workers reach the coordinator
    #[arg(long, value_name = "HOST[:PORT]")]
    coordinator: Option<Node>,
    /// A machine that is to hold rows; repeatable
    #[arg(long = "worker", value_name = "HOST[:PORT]")]
    workers: Vec<Node>,
}

impl Shard {
    pub(super) async fn run(self, settings: DatabaseSettings) -> anyhow::Result<()> {
        let settings = DatabaseSettings { url: settings.url.existing(), ..settings };
        let database = Database::connect(&settings).await.context("DATABASE_URL")?;
        let Self { apply, coordinator, workers } = self;
        let steps = database.shard_steps(&Nodes { coordinator, workers }).await?;
        let needed = steps.iter().find_map(|step| match step.state {
            StepState::Needs(option) => Some(option),
            _ => None,
        });
        if let (true, Some(option)) = (apply, needed) {
            bail!("{option} HOST is needed, and nothing was changed: the cluster has no such node yet");
        }
        // The output is a script for `psql`, which does what is missing.
        for step in steps {
            print(format_args!("-- {}", step.why))?;
            if step.state == StepState::Done {
                print(format_args!("-- done before: {};", step.sql))?;
            } else if apply {
                database.run_shard_step(&step).await?;
                print(format_args!("-- done now: {};", step.sql))?;
            } else {
                print(format_args!("{};", step.sql))?;
            }
        }
        database.close().await;
        Ok(())
    }
}
