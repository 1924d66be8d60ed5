//! `tasks-api backup` and `tasks-api restore`.

use std::path::PathBuf;

use clap::Args;
use domain::{Clock, SystemClock};
use infra::DatabaseUrl;

use super::print::print;

#[derive(Debug, Args)]
pub(super) struct Backup {
    /// The file to write
    file: PathBuf,
    /// Replace the file if it exists
    #[arg(long)]
    overwrite: bool,
}

#[derive(Debug, Args)]
pub(super) struct Restore {
    /// The backup to restore
    file: PathBuf,
}

impl Backup {
    pub(super) async fn run(self, database: &DatabaseUrl) -> anyhow::Result<()> {
        database.back_up(&self.file, self.overwrite).await?;
        print(format_args!("backed up {database} to {}", self.file.display()))
    }
}

impl Restore {
    pub(super) async fn run(self, database: &DatabaseUrl) -> anyhow::Result<()> {
        let kept = database.restore(&self.file, SystemClock.now()).await?;
        print(format_args!("restored {database} from {}", self.file.display()))?;
        match kept {
            Some(old) => print(format_args!("the old database is kept as {}", old.display())),
            None => Ok(()),
        }
    }
}
