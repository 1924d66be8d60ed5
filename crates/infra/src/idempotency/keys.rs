//! The port `IdempotencyKeys`: deletes all users' expired keys.

use std::sync::Arc;

use async_trait::async_trait;
use domain::{IdempotencyKeys, RepositoryError, Timestamp};

use super::entity::{Column, Entity};
use crate::{
    error::repository_error,
    layout::Layout,
    sql::{Binds, Connection, Kind, Statement, delete_expired},
};

/// The number of keys for each statement, small enough for its time limit.
const BATCH: u64 = 1000;

/// The idempotency keys of all users. Clones share the connection.
#[derive(Debug, Clone)]
pub struct SeaOrmKeys {
    connection: Arc<dyn Connection>,
    layout: Layout,
}

impl SeaOrmKeys {
    /// The keys behind this connection.
    #[must_use]
    pub fn new(connection: Arc<dyn Connection>, layout: &Layout) -> Self {
        Self { connection, layout: layout.clone() }
    }
}

#[async_trait]
impl IdempotencyKeys for SeaOrmKeys {
    async fn forget_before(&self, time: Timestamp) -> Result<u64, RepositoryError> {
        let delete = delete_before(&self.layout, time);
        let mut forgotten = 0;
        loop {
            let batch = self.connection.run(delete.clone()).await.map_err(repository_error)?.affected;
            forgotten += batch;
            if batch < BATCH {
                return Ok(forgotten);
            }
        }
    }
}

fn delete_before(layout: &Layout, time: Timestamp) -> Statement {
    let mut binds = Binds::new(layout);
    let time = binds.add(time.unix_milliseconds());
    let delete = delete_expired::<Entity>(layout, Column::CreatedAt, time, BATCH);
    binds.statement(Kind::Write, &delete)
}
