//! Runs the repository contract on every database and over every kind of connection.

use std::time::Duration;

use async_trait::async_trait;
use domain::{
    CreateOptions, CreateOutcome, IdempotencyKeys, Identity, NewTask, OwnerId, Page, Precondition, RepositoryError,
    Task, TaskChanges, TaskId, TaskQuery, TaskRepository, Timestamp, UpdateOutcome, UserProvisioner,
};
use infra::{
    Database, DatabaseSettings, DatabaseUrl, ExecutorKind, SeaOrmKeys, SeaOrmTasks, SeaOrmUsers, testing::TestDatabase,
};

/// The ports on a fresh database, which is deleted when they are dropped.
pub(crate) struct Ports<D> {
    tasks: SeaOrmTasks,
    keys: SeaOrmKeys,
    users: SeaOrmUsers,
    _home: D,
}

impl<D> Ports<D> {
    pub(crate) fn new(database: &Database, home: D) -> Self {
        Self { tasks: database.tasks(), keys: database.keys(), users: database.users(), _home: home }
    }
}

#[async_trait]
impl<D: Send + Sync> TaskRepository for Ports<D> {
    async fn create(
        &self,
        owner: &OwnerId,
        id: TaskId,
        task: &NewTask,
        options: &CreateOptions,
        now: Timestamp,
    ) -> Result<CreateOutcome<Task>, RepositoryError> {
        self.tasks.create(owner, id, task, options, now).await
    }

    async fn get(&self, owner: &OwnerId, id: TaskId) -> Result<Option<Task>, RepositoryError> {
        self.tasks.get(owner, id).await
    }

    async fn list(&self, owner: &OwnerId, query: &TaskQuery) -> Result<Page<Task>, RepositoryError> {
        self.tasks.list(owner, query).await
    }

    async fn update(
        &self,
        owner: &OwnerId,
        id: TaskId,
        changes: &TaskChanges,
        precondition: &Precondition,
        now: Timestamp,
    ) -> Result<UpdateOutcome<Task>, RepositoryError> {
        self.tasks.update(owner, id, changes, precondition, now).await
    }

    async fn delete(
        &self,
        owner: &OwnerId,
        id: TaskId,
        precondition: &Precondition,
    ) -> Result<UpdateOutcome<Task, ()>, RepositoryError> {
        self.tasks.delete(owner, id, precondition).await
    }
}

#[async_trait]
impl<D: Send + Sync> IdempotencyKeys for Ports<D> {
    async fn forget_before(&self, time: Timestamp) -> Result<u64, RepositoryError> {
        self.keys.forget_before(time).await
    }
}

#[async_trait]
impl<D: Send + Sync> UserProvisioner for Ports<D> {
    async fn provision(&self, user: &Identity, now: Timestamp) -> Result<(), RepositoryError> {
        self.users.provision(user, now).await
    }
}

/// The same database over SeaORM's own connection, with a long time limit because many tests share the machine.
pub(crate) async fn by_seaorm(url: &str) -> Database {
    let settings = DatabaseSettings::new(DatabaseUrl::parse(url).unwrap());
    let acquire_timeout = Duration::from_secs(30);
    let settings = DatabaseSettings { executor: ExecutorKind::SeaOrm, acquire_timeout, ..settings };
    Database::connect(&settings).await.unwrap()
}

mod sqlite {
    use super::{Ports, TestDatabase};

    async fn fresh() -> Option<Box<Ports<TestDatabase>>> {
        let database = TestDatabase::sqlite().await;
        Some(Box::new(Ports::new(&database.clone(), database)))
    }

    domain::task_repository_contract!(fresh);
}

mod postgres {
    use super::{Ports, TestDatabase};

    async fn fresh() -> Option<Box<Ports<TestDatabase>>> {
        let database = TestDatabase::postgres().await?;
        Some(Box::new(Ports::new(&database.clone(), database)))
    }

    domain::task_repository_contract!(fresh);
}

mod postgres_without_sharing {
    use super::{Ports, TestDatabase};

    async fn fresh() -> Option<Box<Ports<TestDatabase>>> {
        let database = TestDatabase::postgres_without_sharing().await?;
        Some(Box::new(Ports::new(&database.clone(), database)))
    }

    domain::task_repository_contract!(fresh);
}

mod postgres_by_seaorm {
    use super::{Ports, TestDatabase, by_seaorm};

    async fn fresh() -> Option<Box<Ports<TestDatabase>>> {
        let database = TestDatabase::postgres().await?;
        Some(Box::new(Ports::new(&by_seaorm(database.url()).await, database)))
    }

    domain::task_repository_contract!(fresh);
}
