//! The port `TaskRepository` on SeaORM.

use std::sync::Arc;

use async_trait::async_trait;
use domain::{
    CreateOptions, CreateOutcome, NewTask, OwnerId, Page, Precondition, Readiness, RepositoryError, Task, TaskChanges,
    TaskId, TaskQuery, TaskRepository, Timestamp, UpdateOutcome,
};

use super::{create::Creates, create_statements::CreateStatements, statements::TaskStatements};
use crate::{
    error::repository_error,
    layout::Layout,
    sql::{self, Answer, Connection, Statement},
};

/// The tasks of all users. Clones share the connection.
#[derive(Debug, Clone)]
pub struct SeaOrmTasks {
    connection: Arc<dyn Connection>,
    statements: Arc<Statements>,
}

#[derive(Debug)]
struct Statements {
    tasks: TaskStatements,
    creates: CreateStatements,
}

impl SeaOrmTasks {
    /// A repository over this connection. Clones share the cache of statements, so prefer a clone to a second repository.
    #[must_use]
    pub fn new(connection: Arc<dyn Connection>, layout: &Layout) -> Self {
        let statements = Statements { tasks: TaskStatements::new(layout), creates: CreateStatements::new(layout) };
        Self { connection, statements: Arc::new(statements) }
    }

    async fn run(&self, statement: Statement) -> Result<Answer, RepositoryError> {
        self.connection.run(statement).await.map_err(repository_error)
    }

    fn read(
        &self,
        owner: &OwnerId,
        answer: &Answer,
        is_asked_for: impl Fn(&Task) -> bool,
    ) -> Result<Vec<Task>, RepositoryError> {
        sql::read(self.statements.creates.layout(), owner, &answer.rows, is_asked_for)
    }

    /// Finds out why no row was changed. Without a precondition the task does not exist. With one, a second statement looks it
    /// up: if the task exists, the change saw it in a version that does not fit.
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
impl TaskRepository for SeaOrmTasks {
    async fn create(
        &self,
        owner: &OwnerId,
        id: TaskId,
        new: &NewTask,
        options: &CreateOptions,
        now: Timestamp,
    ) -> Result<CreateOutcome<Task>, RepositoryError> {
        let task = Task::created(owner.clone(), id, new.clone(), now);
        let creates = Creates { connection: &*self.connection, statements: &self.statements.creates };
        creates.create(task, new, options).await
    }

    async fn get(&self, owner: &OwnerId, id: TaskId) -> Result<Option<Task>, RepositoryError> {
        let found = self.run(self.statements.tasks.get(owner, id)).await?;
        Ok(self.read(owner, &found, |task| task.id == id)?.pop())
    }

    async fn list(&self, owner: &OwnerId, query: &TaskQuery) -> Result<Page<Task>, RepositoryError> {
        let found = self.run(self.statements.tasks.page(owner, query)).await?;
        let is_asked_for = |task: &Task| {
            query.completed.is_none_or(|completed| task.completed == completed)
                && query.older_than.is_none_or(|newer| task.id < newer)
        };
        Ok(Page::from_one_past(query.limit, self.read(owner, &found, is_asked_for)?, Task::text_bytes))
    }

    async fn update(
        &self,
        owner: &OwnerId,
        id: TaskId,
        changes: &TaskChanges,
        precondition: &Precondition,
        now: Timestamp,
    ) -> Result<UpdateOutcome<Task>, RepositoryError> {
        let updated = self.run(self.statements.tasks.update(owner, id, changes, precondition, now)).await?;
        match self.read(owner, &updated, |task| task.id == id)?.pop() {
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
        let deleted = self.run(self.statements.tasks.delete(owner, id, precondition)).await?;
        if deleted.affected > 0 { Ok(UpdateOutcome::Done(())) } else { self.why_not(owner, id, precondition).await }
    }
}

#[async_trait]
impl Readiness for SeaOrmTasks {
    /// Fails if the table does not exist or the file is gone.
    async fn check(&self) -> Result<(), RepositoryError> {
        self.run(self.statements.tasks.probe()).await?;
        Ok(())
    }
}
