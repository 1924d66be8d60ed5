//! Runs the repository contract on every database and over every kind of connection.

use std::time::Duration;

use async_trait::async_trait;
use domain::{
    Clock, CreateOptions, CreateOutcome, IdempotencyKeys, Identity, NewTask, OwnerId, Page, Precondition,
    RepositoryError, Task, TaskChanges, TaskId, TaskQuery, TaskRepository, Timestamp, UpdateOutcome, UserProvisioner,
    testing::{FixedClock, alice, bob},
};
use infra::{
    Database, DatabaseSettings, DatabaseUrl, ExecutorKind, SeaOrmKeys, SeaOrmTasks, SeaOrmUsers, testing::TestDatabase,
};

/// How the ids of users look. The contract's users have their names as ids; here each has an id of this type.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Ids {
    Text,
    Uuid,
    Integer,
}

impl Ids {
    /// The type in SQL.
    pub(crate) fn sql(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Uuid => "uuid",
            Self::Integer => "integer",
        }
    }

    fn of(self, name: &str) -> OwnerId {
        let number = match name {
            "alice" => 1,
            "bob" => 2,
            _ => 3,
        };
        let id = match self {
            Self::Text => name.to_owned(),
            Self::Uuid => format!("{number:08}-abcd-4000-8000-00000000beef"),
            Self::Integer => number.to_string(),
        };
        OwnerId::try_from(id).unwrap()
    }
}

/// The ports on a fresh database, which is deleted when they are dropped.
pub(crate) struct Ports<D> {
    ids: Ids,
    tasks: SeaOrmTasks,
    keys: SeaOrmKeys,
    users: SeaOrmUsers,
    _home: D,
}

impl<D> Ports<D> {
    pub(crate) fn new(database: &Database, home: D) -> Self {
        Self::with_ids(database, Ids::Text, home)
    }

    pub(crate) fn with_ids(database: &Database, ids: Ids, home: D) -> Self {
        Self { ids, tasks: database.tasks(), keys: database.keys(), users: database.users(), _home: home }
    }

    /// The tasks, with users' ids as they are in the database.
    pub(crate) fn tasks(&self) -> &SeaOrmTasks {
        &self.tasks
    }

    pub(crate) fn id_of(&self, name: &str) -> OwnerId {
        self.ids.of(name)
    }
}

impl<D: Send + Sync> Ports<D> {
    /// Adds Alice and Bob.
    pub(crate) async fn with_users(&self) {
        for user in [alice(), bob()] {
            self.provision(&user, FixedClock::default().now()).await.unwrap();
        }
    }

    /// A task as the contract expects it.
    fn named(&self, owner: &OwnerId) -> impl Fn(Task) -> Task {
        let id = self.ids.of(owner.as_str());
        move |task| {
            assert_eq!(task.owner, id);
            Task { owner: owner.clone(), ..task }
        }
    }
}

fn map_update<T>(
    outcome: UpdateOutcome<Task, T>,
    named: impl Fn(Task) -> Task,
    done: impl Fn(T) -> T,
) -> UpdateOutcome<Task, T> {
    match outcome {
        UpdateOutcome::Done(value) => UpdateOutcome::Done(done(value)),
        UpdateOutcome::Stale(task) => UpdateOutcome::Stale(named(task)),
        UpdateOutcome::Absent => UpdateOutcome::Absent,
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
        let (named, id_of_owner) = (self.named(owner), self.ids.of(owner.as_str()));
        Ok(match self.tasks.create(&id_of_owner, id, task, options, now).await? {
            CreateOutcome::Created(task) => CreateOutcome::Created(named(task)),
            CreateOutcome::Replayed(task) => CreateOutcome::Replayed(named(task)),
            other => other,
        })
    }

    async fn get(&self, owner: &OwnerId, id: TaskId) -> Result<Option<Task>, RepositoryError> {
        Ok(self.tasks.get(&self.ids.of(owner.as_str()), id).await?.map(self.named(owner)))
    }

    async fn list(&self, owner: &OwnerId, query: &TaskQuery) -> Result<Page<Task>, RepositoryError> {
        let page = self.tasks.list(&self.ids.of(owner.as_str()), query).await?;
        Ok(Page { items: page.items.into_iter().map(self.named(owner)).collect(), ..page })
    }

    async fn update(
        &self,
        owner: &OwnerId,
        id: TaskId,
        changes: &TaskChanges,
        precondition: &Precondition,
        now: Timestamp,
    ) -> Result<UpdateOutcome<Task>, RepositoryError> {
        let updated = self.tasks.update(&self.ids.of(owner.as_str()), id, changes, precondition, now).await?;
        Ok(map_update(updated, self.named(owner), self.named(owner)))
    }

    async fn delete(
        &self,
        owner: &OwnerId,
        id: TaskId,
        precondition: &Precondition,
    ) -> Result<UpdateOutcome<Task, ()>, RepositoryError> {
        let deleted = self.tasks.delete(&self.ids.of(owner.as_str()), id, precondition).await?;
        Ok(map_update(deleted, self.named(owner), |()| ()))
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
        self.users.provision(&Identity { id: self.ids.of(user.id.as_str()), ..user.clone() }, now).await
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
