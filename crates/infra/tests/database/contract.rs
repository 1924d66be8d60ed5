//! Runs the repository contract on every database and over every kind of connection.

use std::{ops::Deref, time::Duration};

use infra::{Database, DatabaseSettings, DatabaseUrl, ExecutorKind, SeaOrmTasks, testing::TestDatabase};

/// The tasks of a fresh database, which is deleted when they are dropped.
pub(crate) struct Tasks<D> {
    tasks: SeaOrmTasks,
    _database: D,
}

impl<D> Tasks<D> {
    pub(crate) fn new(tasks: SeaOrmTasks, database: D) -> Self {
        Self { tasks, _database: database }
    }
}

impl<D> Deref for Tasks<D> {
    type Target = SeaOrmTasks;

    fn deref(&self) -> &Self::Target {
        &self.tasks
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
    use super::{Tasks, TestDatabase};

    async fn fresh() -> Option<Tasks<TestDatabase>> {
        let database = TestDatabase::sqlite().await;
        Some(Tasks::new(database.tasks(), database))
    }

    domain::task_repository_contract!(fresh);
}

mod postgres {
    use super::{Tasks, TestDatabase};

    async fn fresh() -> Option<Tasks<TestDatabase>> {
        let database = TestDatabase::postgres().await?;
        Some(Tasks::new(database.tasks(), database))
    }

    domain::task_repository_contract!(fresh);
}

mod postgres_by_seaorm {
    use super::{Tasks, TestDatabase, by_seaorm};

    async fn fresh() -> Option<Tasks<TestDatabase>> {
        let database = TestDatabase::postgres().await?;
        Some(Tasks::new(by_seaorm(database.url()).await.tasks(), database))
    }

    domain::task_repository_contract!(fresh);
}
