//! Deletes all users' expired idempotency keys.

use async_trait::async_trait;
use domain::{IdempotencyKeys, RepositoryError, Timestamp};
use sea_orm::sea_query::{Expr, ExprTrait, Query};

use super::{
    key_entity::{Column, Entity},
    repository::SeaOrmTasks,
};
use crate::{
    error::repository_error,
    sql::{Binds, Kind, Statement},
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
    let expired = Query::select()
        .columns([Column::UserId, Column::Key])
        .from(Entity)
        .and_where(Expr::col(Column::CreatedAt).lt(time))
        .limit(BATCH)
        .to_owned();
    let key = Expr::tuple([Expr::col(Column::UserId), Expr::col(Column::Key)]);
    let delete = Query::delete()
        .from_table(Entity)
        .and_where(key.in_subquery(expired))
        // Check the age again: a key may be claimed again while this statement waits for the row's lock.
        .and_where(Expr::col(Column::CreatedAt).lt(time))
        .to_owned();
    let text = binds.text(&delete);
    binds.statement(Kind::Write, text)
}
