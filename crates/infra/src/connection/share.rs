//! The connections of one thread.

use deadpool::managed::BuildError;
use futures_util::future::join_all;
use sqlx::postgres::PgConnectOptions;
use tokio::join;

use super::{
    connector::Connector, counters::DatabaseStatistics, group_commit::GroupCommit, opener::Opener, pipeline::Pipeline,
    pool::Pool,
};
use crate::DatabaseSettings;

/// The connections of one thread, of both drivers.
pub(super) struct Share {
    /// Over sqlx, as SeaORM has it.
    pub(super) for_all_else: Pool<PgConnectOptions>,
    /// Over tokio-postgres, for statements on tasks and sessions, which are the many: it takes less work. None where there
    /// are too few connections for that, or options that it cannot follow.
    pub(super) for_tasks: Option<ForTasks>,
}

pub(super) struct ForTasks {
    /// One for changes that are made together, and one for each that is not.
    pub(super) changes: GroupCommit,
    /// One for as many as come.
    pub(super) reads: Pipeline,
    /// For reads of many rows that the pipeline does not take: few enough that their rows take little memory, and that changes do
    /// not wait for them. None where there are too few connections for that.
    pub(super) long_reads: Option<Pool<Opener>>,
}

impl Share {
    /// So many connections must a thread have to have both kinds: with fewer, one that waits for a lock would hold up too much.
    const ENOUGH_FOR_BOTH: usize = 4;

    /// So many connections are enough to keep more than one for what could do with one.
    const PLENTY: usize = 8;

    /// Shares out `size` connections among the kinds. None is opened before it is needed.
    pub(super) fn new(
        connector: &Connector<PgConnectOptions>,
        for_tasks: Option<&Connector<Opener>>,
        size: usize,
        settings: &DatabaseSettings,
    ) -> Result<Self, BuildError> {
        let Some(for_tasks) = for_tasks.filter(|_| size >= Self::ENOUGH_FOR_BOTH) else {
            return Ok(Self { for_all_else: Pool::new(connector, size, settings)?, for_tasks: None });
        };
        let for_all_else = Self::for_all_else(size);
        let reads = Pipeline::new(for_tasks.for_another_share(), settings);
        let long_reads = if size < Self::PLENTY { 0 } else { size / 4 };
        let changes = GroupCommit::new(Pool::new(for_tasks, size - for_all_else - 1 - long_reads, settings)?);
        let long_reads = (long_reads > 0).then(|| Pool::new(for_tasks, long_reads, settings)).transpose()?;
        let for_all_else = Pool::new(connector, for_all_else, settings)?;
        Ok(Self { for_all_else, for_tasks: Some(ForTasks { changes, reads, long_reads }) })
    }

    /// How many of `size` connections are for what is seldom asked: two where there are eight or more, so that a look-up does not
    /// wait for a clean-up.
    fn for_all_else(size: usize) -> usize {
        let least = if size < Self::PLENTY { 1 } else { 2 };
        least.max(size / 8)
    }

    pub(super) fn statistics(&self) -> [DatabaseStatistics; 4] {
        let (changes, reads, long_reads) = match &self.for_tasks {
            None => Default::default(),
            Some(ForTasks { changes, reads, long_reads }) => {
                let long_reads = long_reads.as_ref().map(Pool::statistics).unwrap_or_default();
                (changes.statistics(), reads.statistics(), long_reads)
            }
        };
        [self.for_all_else.statistics(), changes, reads, long_reads]
    }

    /// Lets nobody have a connection any more, and closes those that nobody has.
    pub(super) async fn close(&self) {
        let all_else = self.for_all_else.close();
        match &self.for_tasks {
            None => all_else.await,
            Some(ForTasks { changes, reads, long_reads }) => {
                let long_reads = join_all(long_reads.iter().map(Pool::close));
                drop(join!(all_else, changes.close(), reads.shut(), long_reads));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Share;

    #[test]
    fn of_the_connections_of_a_thread_an_eighth_is_for_what_is_seldom_asked_and_two_if_there_are_eight() {
        for (size, for_all_else) in [(4, 1), (7, 1), (8, 2), (18, 2), (23, 2), (24, 3), (500, 62)] {
            assert_eq!(Share::for_all_else(size), for_all_else, "{size}");
        }
    }
}
