//! Creates tasks: within a quota, and at most once for each idempotency key.

use domain::{CreateOptions, CreateOutcome, IdempotencyGuard, NewTask, OwnerId, RepositoryError, Task};

use super::create_statements::CreateStatements;
use crate::{
    better_auth,
    error::{create_error, repository_error},
    idempotency::KeyUse,
    sql::{self, Connection},
};

/// Creates tasks over a connection.
#[derive(Debug, Clone, Copy)]
pub(super) struct Creates<'c> {
    pub(super) connection: &'c dyn Connection,
    pub(super) statements: &'c CreateStatements,
}

impl Creates<'_> {
    /// Creates `task`, built from `new`, if `options` allow it.
    pub(super) async fn create(
        self,
        task: Task,
        new: &NewTask,
        options: &CreateOptions,
    ) -> Result<CreateOutcome<Task>, RepositoryError> {
        let Self { connection, statements } = self;
        if !sql::user_id::can_exist(&task.owner, statements.layout().id()) {
            return Err(RepositoryError::UnknownOwner);
        }
        let answer = match &options.idempotency {
            None => connection.run(statements.insert(&task, options.quota)).await.map(Some),
            Some(guard) => {
                let claim = statements.claim_key(guard, &task, new, options);
                let insert = statements.insert_under_key(guard, &task);
                connection.run_all(vec![claim, insert]).await.map(|mut answers| answers.pop())
            }
        };
        match answer.map_err(create_error) {
            Err(error) => return Err(self.explained(&task.owner, error).await),
            Ok(Some(insert)) if insert.affected > 0 => return Ok(CreateOutcome::Created(task)),
            Ok(_) => {}
        }
        self.why_not(&task.owner, new, options).await
    }

    /// The error of a create. Servers that spread rows over several machines may report an unknown user with a code that says nothing,
    /// so it is looked up whether the user exists.
    async fn explained(self, owner: &OwnerId, error: RepositoryError) -> RepositoryError {
        if !matches!(error, RepositoryError::Failed(_)) {
            return error;
        }
        match self.connection.run(better_auth::exists(self.statements.layout(), owner)).await {
            Ok(found) if found.rows.is_empty() => RepositoryError::UnknownOwner,
            _ => error,
        }
    }

    /// Finds out why no task was created. The statements do not tell.
    async fn why_not(
        self,
        owner: &OwnerId,
        new: &NewTask,
        options: &CreateOptions,
    ) -> Result<CreateOutcome<Task>, RepositoryError> {
        let Some(guard) = &options.idempotency else { return Ok(CreateOutcome::QuotaReached) };
        if let Some(earlier) = self.earlier(guard, owner, new).await? {
            return Ok(earlier);
        }
        let Some(quota) = options.quota else { return Ok(CreateOutcome::KeyInUse) };
        let is_there =
            async |statement| Ok(!self.connection.run(statement).await.map_err(repository_error)?.rows.is_empty());
        let outcome = if is_there(self.statements.task_at_quota(owner, quota)).await? {
            CreateOutcome::QuotaReached
        } else if let Some(quota) = options.key_quota()
            && is_there(self.statements.key_at_quota(owner, quota)).await?
        {
            CreateOutcome::TooManyKeys
        } else {
            return Ok(CreateOutcome::KeyInUse);
        };
        // The first request with this key may have used up the quota, and may have finished in the meantime.
        Ok(self.earlier(guard, owner, new).await?.unwrap_or(outcome))
    }

    /// The outcome of an earlier create with this key.
    async fn earlier(
        self,
        guard: &IdempotencyGuard,
        owner: &OwnerId,
        new: &NewTask,
    ) -> Result<Option<CreateOutcome<Task>>, RepositoryError> {
        let used = self.connection.run(self.statements.key_use(guard, owner)).await.map_err(repository_error)?;
        let is_asked_for = |used: &KeyUse| used.key == guard.key.as_str();
        let found = sql::read(self.statements.layout(), owner, &used.rows, is_asked_for)?.pop();
        let Some(used) = found else { return Ok(None) };
        if !used.is_of(new.into()) {
            return Ok(Some(CreateOutcome::KeyReused));
        }
        // Only the id and the time come from the row. The request repeats the rest.
        let task = Task::created(owner.clone(), used.id.into(), new.clone(), used.created_at);
        Ok(Some(CreateOutcome::Replayed(task)))
    }
}
