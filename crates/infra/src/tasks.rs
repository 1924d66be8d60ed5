//! Tasks and users as rows.

mod creation;
mod entity;
mod later;
mod owned;
mod row;
mod statements;
mod template;
mod users;

use std::sync::Arc;

use async_trait::async_trait;
use domain::{
    CreateOptions, CreateOutcome, NewTask, OwnerId, Page, Precondition, Readiness, RepositoryError, Task, TaskChanges,
    TaskId, TaskQuery, TaskRepository, Timestamp, UpdateOutcome,
};
use sea_orm::{DbErr, Statement};

use crate::{
    connection::TaskConnection,
    error::{creation_error, repository_error},
};
use row::{row, tasks};
use statements::Statements;

/// A page of more tasks may be one of many rows.
const FEW: u16 = 100;

/// Tasks, and the users they belong to, in the database behind a connection.
///
/// The connection may be a pool, a transaction or anything else that runs statements.
#[derive(Debug, Clone)]
pub struct SeaOrmTasks<C> {
    connection: C,
    statements: Arc<Statements>,
}

impl<C: TaskConnection> SeaOrmTasks<C> {
    /// The tasks behind this connection. Builds their statements: make it once, and clone it.
    pub fn new(connection: C) -> Self {
        let statements = Arc::new(Statements::new(connection.get_database_backend()));
        Self { connection, statements }
    }
}

// Statements with RETURNING read all of their rows, although there is at most one. SQLite commits a statement when it ends,
// and sqlx ends one that is left after its first row without looking at the outcome: a full disk would go unnoticed.
#[async_trait]
impl<C: TaskConnection + Send> TaskRepository for SeaOrmTasks<C> {
    async fn create(
        &self,
        owner: &OwnerId,
        id: TaskId,
        new: &NewTask,
        options: &CreateOptions,
        now: Timestamp,
    ) -> Result<CreateOutcome<Task>, RepositoryError> {
        if *options != CreateOptions::default() {
            return self.create_with(options, owner, id, new, now).await;
        }
        let task = Task::created(owner.clone(), id, new.clone(), now);
        let added = self.connection.count(self.statements.insert(&row(&task))).await.map_err(creation_error)?;
        if added > 0 { Ok(CreateOutcome::Created(task)) } else { Err(repository_error(DbErr::RecordNotInserted)) }
    }

    async fn get(&self, owner: &OwnerId, id: TaskId) -> Result<Option<Task>, RepositoryError> {
        let select = self.statements.find(owner, id);
        let rows = self.connection.read(select).await.map_err(repository_error)?;
        Ok(tasks(owner, &rows)?.pop())
    }

    async fn list(&self, owner: &OwnerId, query: &TaskQuery) -> Result<Page<Task>, RepositoryError> {
        let select = self.statements.page(owner, query);
        let rows = if query.limit.get() > FEW {
            self.connection.read_many(select).await
        } else {
            self.connection.read(select).await
        };
        let tasks = tasks(owner, &rows.map_err(repository_error)?)?;
        Ok(Page::from_one_past(query.limit, tasks))
    }

    async fn update(
        &self,
        owner: &OwnerId,
        id: TaskId,
        changes: &TaskChanges,
        precondition: &Precondition,
        now: Timestamp,
    ) -> Result<UpdateOutcome<Task>, RepositoryError> {
        let update = self.statements.update(owner, id, changes, precondition, now);
        let updated = self.connection.write(update).await.map_err(repository_error)?;
        match tasks(owner, &updated)?.pop() {
            Some(task) => Ok(UpdateOutcome::Done(task)),
            None => self.why_not(owner, id, precondition).await,
        }
    }

    async fn delete(
        &self,
        owner: &OwnerId,
        id: TaskId,
        precondition: &Precondition,
    ) -> Result<UpdateOutcome<Task, ()>, RepositoryError> {
        let delete = self.statements.delete(owner, id, precondition);
        let deleted = self.connection.count(delete).await.map_err(repository_error)?;
        if deleted > 0 { Ok(UpdateOutcome::Done(())) } else { self.why_not(owner, id, precondition).await }
    }
}

impl<C: TaskConnection + Send> SeaOrmTasks<C> {
    /// Why no row was changed. Only a precondition makes a difference between rows that are there, so only then it is
    /// worth a statement to look. Versions only grow: a task that is found now had none of those asked for then.
    async fn why_not<T>(
        &self,
        owner: &OwnerId,
        id: TaskId,
        precondition: &Precondition,
    ) -> Result<UpdateOutcome<Task, T>, RepositoryError> {
        if *precondition == Precondition::None {
            return Ok(UpdateOutcome::Absent);
        }
        Ok(self.get(owner, id).await?.map_or(UpdateOutcome::Absent, UpdateOutcome::Stale))
    }
}

#[async_trait]
impl<C: TaskConnection + Send> Readiness for SeaOrmTasks<C> {
    /// Looks into the table and its key, for a row that cannot be there: a database without the table, or a file that is
    /// gone, cannot serve. It goes the way that changes of tasks go.
    async fn check(&self) -> Result<(), RepositoryError> {
        let probe = "SELECT 1 FROM tasks WHERE user_id = ''";
        let probe = Statement::from_string(self.connection.get_database_backend(), probe);
        self.connection.read_alone(probe).await.map_err(repository_error)?;
        Ok(())
    }
}
