//! Creating on options: once under a key, within a quota.

use async_trait::async_trait;
use domain::{
    CreateOptions, CreateOutcome, Fingerprint, IdempotencyGuard, IdempotencyKey, IdempotencyKeys, NewTask, OwnerId,
    RepositoryError, Task, TaskId, Timestamp,
};
use sea_orm::{
    ConnectionTrait, DbBackend, DbErr, DeriveIden, Iterable, ModelTrait, QueryResult, QuerySelect, QueryTrait,
    SqliteTransactionMode, TransactionOptions, TransactionTrait,
    prelude::Uuid,
    sea_query::{
        Alias, CommonTableExpression, Expr, ExprTrait, InsertStatement, OnConflict, Query, SelectStatement, WithClause,
        WithQuery,
    },
};

use super::{
    SeaOrmTasks,
    entity::{Column, Entity, Model},
    owned::owned,
    row::row,
};
use crate::{
    connection::TaskConnection,
    error::{creation_error, repository_error},
};

#[derive(DeriveIden)]
enum Keys {
    #[sea_orm(iden = "idempotency_keys")]
    Table,
    UserId,
    Key,
    Fingerprint,
    TaskId,
    CreatedAt,
}

impl<C: TaskConnection + Send> SeaOrmTasks<C> {
    pub(super) async fn create_with(
        &self,
        options: &CreateOptions,
        owner: &OwnerId,
        id: TaskId,
        new: &NewTask,
        now: Timestamp,
    ) -> Result<CreateOutcome<Task>, RepositoryError> {
        let has_room = options.quota.map(|quota| Expr::exists(task_at(owner, quota)).not());
        let task = Task::created(owner.clone(), id, new.clone(), now);
        let row = row(&task);
        let added = match &options.idempotency {
            None => {
                let insert = insert_where(&row, has_room).map_err(repository_error)?;
                self.connection.count(self.connection.get_database_backend().build(&insert)).await
            }
            Some(guard) => {
                let is_free = match self.connection.get_database_backend() {
                    DbBackend::Postgres => nobody_else_uses(owner, &guard.key),
                    // There is one writer at a time, and for a source without a condition `ON CONFLICT` is not understood.
                    _ => Expr::val(true),
                };
                let condition = has_room.into_iter().fold(is_free, ExprTrait::and);
                let key = claim(owner, guard, id, new.into(), now, condition).map_err(repository_error)?;
                self.insert_both(key, row).await
            }
        };
        if added.map_err(creation_error)? > 0 {
            Ok(CreateOutcome::Created(task))
        } else {
            self.why_not_created(options, owner, new).await
        }
    }

    /// Tells what kept a task from being created, which the statement itself does not.
    async fn why_not_created(
        &self,
        options: &CreateOptions,
        owner: &OwnerId,
        new: &NewTask,
    ) -> Result<CreateOutcome<Task>, RepositoryError> {
        let Some(guard) = &options.idempotency else { return Ok(CreateOutcome::QuotaReached) };
        if let Some(earlier) = self.earlier(guard, owner, new).await? {
            return Ok(earlier);
        }
        let Some(quota) = options.quota else { return Ok(CreateOutcome::KeyInUse) };
        let task_at_quota = self.connection.query_one(&task_at(owner, quota)).await.map_err(repository_error)?;
        if task_at_quota.is_none() {
            return Ok(CreateOutcome::KeyInUse);
        }
        // The task that reached it may be that of the first request under this key, done since it was looked for.
        Ok(self.earlier(guard, owner, new).await?.unwrap_or(CreateOutcome::QuotaReached))
    }

    /// What became of an earlier create under this key. All of the task that was then created is in the request, which is
    /// the same, but its id and the time.
    async fn earlier(
        &self,
        guard: &IdempotencyGuard,
        owner: &OwnerId,
        new: &NewTask,
    ) -> Result<Option<CreateOutcome<Task>>, RepositoryError> {
        let select = Query::select()
            .columns([Keys::Fingerprint, Keys::TaskId, Keys::CreatedAt])
            .from(Keys::Table)
            .and_where(Expr::col(Keys::UserId).eq(owner.as_str()))
            .and_where(Expr::col(Keys::Key).eq(guard.key.as_str()))
            .and_where(Expr::col(Keys::CreatedAt).gte(guard.since.unix_milliseconds()))
            .to_owned();
        let Some(row) = self.connection.query_one(&select).await.map_err(repository_error)? else { return Ok(None) };
        let stored = |row: &QueryResult| -> Result<(Vec<u8>, Uuid, i64), DbErr> {
            Ok((row.try_get("", "fingerprint")?, row.try_get("", "task_id")?, row.try_get("", "created_at")?))
        };
        let (fingerprint, id, created_at) = stored(&row).map_err(repository_error)?;
        if fingerprint != Fingerprint::from(new).as_bytes() {
            return Ok(Some(CreateOutcome::KeyReused));
        }
        let beyond_the_calendar = || repository_error(DbErr::Type("the created_at of a key is no time".to_owned()));
        let created_at = Timestamp::from_unix_milliseconds(created_at).ok_or_else(beyond_the_calendar)?;
        Ok(Some(CreateOutcome::Replayed(Task::created(owner.clone(), id.into(), new.clone(), created_at))))
    }
}

#[async_trait]
impl<C: TaskConnection + Send> IdempotencyKeys for SeaOrmTasks<C> {
    async fn forget_before(&self, time: Timestamp) -> Result<u64, RepositoryError> {
        /// So few at a time that no statement runs into its time limit.
        const BATCH: u64 = 1000;

        let expired = Query::select()
            .columns([Keys::UserId, Keys::Key])
            .from(Keys::Table)
            .and_where(Expr::col(Keys::CreatedAt).lt(time.unix_milliseconds()))
            .limit(BATCH)
            .to_owned();
        let key = Expr::tuple([Expr::col(Keys::UserId), Expr::col(Keys::Key)]);
        let delete = Query::delete()
            .from_table(Keys::Table)
            .and_where(key.in_subquery(expired))
            // IdempotencyGuard more for each row: a key may be taken anew while this waits for it.
            .and_where(Expr::col(Keys::CreatedAt).lt(time.unix_milliseconds()))
            .to_owned();
        let mut forgotten = 0;
        loop {
            let batch = self.connection.execute(&delete).await.map_err(repository_error)?.rows_affected();
            forgotten += batch;
            if batch < BATCH {
                return Ok(forgotten);
            }
        }
    }
}

impl<C: TaskConnection + Send> SeaOrmTasks<C> {
    /// Adds a key and a task, both or neither. Returns how many tasks: none if the key was not added.
    async fn insert_both(&self, key: InsertStatement, task: Model) -> Result<u64, DbErr> {
        let Some(pool) = self.connection.sqlite() else {
            let both = both_in_one(key, &task)?;
            return self.connection.count(self.connection.get_database_backend().build(&both)).await;
        };
        // Immediate: a transaction that found out late that another one has written would have to give up.
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..Default::default()
        };
        let transaction = pool.begin_with_options(options).await?;
        let claimed = transaction.query_all(&key).await?;
        let added = if claimed.is_empty() {
            0
        } else {
            transaction.execute(&insert_where(&task, None)?).await?.rows_affected()
        };
        transaction.commit().await?;
        Ok(added)
    }
}

fn both_in_one(key: InsertStatement, task: &Model) -> Result<WithQuery, DbErr> {
    let claimed = Alias::new("claimed");
    let has_claimed = Expr::exists(Query::select().expr(Expr::val(1)).from(claimed.clone()).to_owned());
    let claim = CommonTableExpression::new().query(key).table_name(claimed).to_owned();
    Ok(insert_where(task, Some(has_claimed))?.with(WithClause::new().cte(claim).to_owned()))
}

/// Adds the key unless it is taken, or was long ago, and returns its row.
fn claim(
    owner: &OwnerId,
    guard: &IdempotencyGuard,
    id: TaskId,
    fingerprint: Fingerprint,
    now: Timestamp,
    condition: Expr,
) -> Result<InsertStatement, DbErr> {
    let values: [Expr; 5] = [
        owner.as_str().into(),
        guard.key.as_str().into(),
        fingerprint.as_bytes().to_vec().into(),
        (*id.as_uuid()).into(),
        now.unix_milliseconds().into(),
    ];
    let source = Query::select().exprs(values).and_where(condition).to_owned();
    let unless_taken = OnConflict::columns([Keys::UserId, Keys::Key])
        .update_columns([Keys::Fingerprint, Keys::TaskId, Keys::CreatedAt])
        .action_and_where(Expr::col((Keys::Table, Keys::CreatedAt)).lt(guard.since.unix_milliseconds()))
        .to_owned();
    let columns = [Keys::UserId, Keys::Key, Keys::Fingerprint, Keys::TaskId, Keys::CreatedAt];
    let mut insert = Query::insert();
    insert.into_table(Keys::Table).columns(columns).select_from(source).map_err(malformed)?;
    Ok(insert.on_conflict(unless_taken).returning_col(Keys::TaskId).to_owned())
}

/// Adds a task if `condition` holds.
fn insert_where(task: &Model, condition: Option<Expr>) -> Result<InsertStatement, DbErr> {
    let values = Column::iter().map(|column| Expr::val(task.get(column)));
    let source = Query::select().exprs(values).and_where_option(condition).to_owned();
    let mut insert = Query::insert();
    insert.into_table(Entity).columns(Column::iter()).select_from(source).map_err(malformed)?;
    Ok(insert)
}

/// The last task that fits into the quota, if there are that many.
fn task_at(owner: &OwnerId, quota: u32) -> SelectStatement {
    let last = u64::from(quota.saturating_sub(1));
    owned(owner).select_only().expr(Expr::val(1)).offset(last).limit(1).into_query()
}

/// Holds for one transaction at a time, whoever's it is: not while another one has used the key and not ended yet. Without
/// this, it would be waited for.
fn nobody_else_uses(owner: &OwnerId, key: &IdempotencyKey) -> Expr {
    const LOCK: &str = "pg_try_advisory_xact_lock(hashtextextended($1 || ' ' || $2, 0))";
    Expr::cust_with_values(LOCK, [owner.as_str(), key.as_str()])
}

fn malformed(error: impl std::error::Error) -> DbErr {
    DbErr::Custom(error.to_string())
}
