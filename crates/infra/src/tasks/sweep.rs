//! Deletes all users' expired idempotency keys.

use async_trait::async_trait;
use domain::{IdempotencyKeys, RepositoryError, Timestamp};

use super::{
    key_entity::{Column, Entity},
    repository::SeaOrmTasks,
};
use crate::{
    error::repository_error,
    sql::{Binds, Kind, Statement, delete_expired},
};

/// The number of keys for each statement, small enough for its time limit.
const BATCH: u64 = 1000;

#[async_trait]
impl IdempotencyKeys for SeaOrmTasks {
    async fn forget_before(&self, time: Timestamp) -> Result<u64, RepositoryError> {
        let connection = self.connection();
        let delete = delete_before(Binds::new(connection.backend()), time);
        let mut forgotten = 0;
        loop {
            let batch = connection.run(delete.clone()).await.map_err(repository_error)?.affected;
            forgotten += batch;
            if batch < BATCH {
                return Ok(forgotten);
            }
        }
    }
}

fn delete_before(mut binds: Binds, time: Timestamp) -> Statement {
    let time = binds.add(time.unix_milliseconds());
    let delete = delete_expired::<Entity>(Column::CreatedAt, time, BATCH);
    let text = binds.text(&delete);
    binds.statement(Kind::Write, text)
}
