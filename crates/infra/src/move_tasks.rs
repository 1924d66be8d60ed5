//! Gives the tasks of one user to another, such as those of a guest who signs up.
//!
//! This is a command of the operator, like a migration, and not a use-case: no request may change the owner of a task, so
//! `TaskRepository` has no method for it. The connection is that of migrations, on which statements have no time limit.

use domain::{BoxError, OwnerId};
use sea_orm::{ColumnTrait, DbErr, QueryFilter, QuerySelect, QueryTrait, TransactionTrait, sea_query::ExprTrait};

use crate::{
    Database,
    better_auth::exists,
    error::DatabaseError,
    idempotency,
    sql::{Binds, Kind, Owned, Statement, immediate, owned, owned_update, run},
    tasks,
};

/// The tasks of a user could not be given to another.
#[derive(Debug, thiserror::Error)]
pub enum MoveError {
    /// Both are the same user.
    #[error("both are the user {0}: nothing was moved")]
    SameUser(OwnerId),
    /// There is no such user.
    #[error("there is no user {0}: nothing was moved")]
    UnknownUser(OwnerId),
    /// Both users have a task with the same id. The ids that this program makes are unique.
    #[error("both users have a task with the same id: nothing was moved")]
    SameId,
    /// The database could not be reached, or a statement failed.
    #[error("nothing was moved: {0}")]
    Failed(BoxError),
    /// The commit failed, perhaps after it took effect.
    #[error("it is not known whether the tasks were moved: run the command again ({0})")]
    OutcomeUnknown(BoxError),
}

impl From<DbErr> for MoveError {
    fn from(error: DbErr) -> Self {
        let error = DatabaseError::from(error);
        if error.is_unique_violation() { Self::SameId } else { Self::Failed(error.into()) }
    }
}

impl Database {
    /// Gives all tasks of `from` to `to`, and returns how many. A task changes nothing but its owner: it keeps its id, its times
    /// and its version. All of them are moved or none. `MAX_TASKS_PER_USER` does not apply.
    ///
    /// The idempotency keys are moved too, so that a create that is repeated by the new owner creates no second task. A key that
    /// `to` has used stays as it is.
    ///
    /// # Errors
    ///
    /// Every [`MoveError`].
    pub async fn move_tasks(&self, from: &OwnerId, to: &OwnerId) -> Result<u64, MoveError> {
        if from == to {
            return Err(MoveError::SameUser(from.clone()));
        }
        let transaction = self.pool.begin_with_options(immediate()).await?;
        let binds = || Binds::new(&self.layout);
        for user in [from, to] {
            if run(&transaction, exists(&self.layout, user)).await?.rows.is_empty() {
                return Err(MoveError::UnknownUser(user.clone()));
            }
        }
        let tasks = run(&transaction, move_tasks(binds(), from, to)).await?.affected;
        run(&transaction, move_keys(binds(), from, to)).await?;
        transaction.commit().await.map_err(|error| MoveError::OutcomeUnknown(DatabaseError::from(error).into()))?;
        Ok(tasks)
    }
}

fn move_tasks(mut binds: Binds<'_>, from: &OwnerId, to: &OwnerId) -> Statement {
    use tasks::Entity;

    let (from, to) = (binds.owner(from), binds.owner(to));
    let update = owned_update::<Entity>(from).col_expr(Entity::OWNER, to.into()).into_query();
    binds.statement(Kind::Write, &update)
}

fn move_keys(mut binds: Binds<'_>, from: &OwnerId, to: &OwnerId) -> Statement {
    use idempotency::{Column, Entity};

    let (from, to) = (binds.owner(from), binds.owner(to));
    let used = owned::<Entity>(to).select_only().column(Column::Key).into_query();
    let update = owned_update::<Entity>(from)
        .filter(Column::Key.into_expr().not_in_subquery(used))
        .col_expr(Entity::OWNER, to.into())
        .into_query();
    binds.statement(Kind::Write, &update)
}
