//! The contract that every repository keeps.

use std::ops::Deref;

use infra::{Connection, SeaOrmTasks, testing::TestDatabase};

/// The tasks of a fresh database, which stays for as long as they do.
struct Tasks {
    tasks: SeaOrmTasks<Connection>,
    _database: TestDatabase,
}

impl From<TestDatabase> for Tasks {
    fn from(database: TestDatabase) -> Self {
        Self { tasks: database.tasks(), _database: database }
    }
}

impl Deref for Tasks {
    type Target = SeaOrmTasks<Connection>;

    fn deref(&self) -> &Self::Target {
        &self.tasks
    }
}

mod sqlite {
    use super::{Tasks, TestDatabase};

    async fn fresh() -> Option<Tasks> {
        Some(TestDatabase::sqlite().await.into())
    }

    domain::task_repository_contract!(fresh);
}

mod postgres {
    use super::{Tasks, TestDatabase};

    async fn fresh() -> Option<Tasks> {
        TestDatabase::postgres().await.map(Tasks::from)
    }

    domain::task_repository_contract!(fresh);
}
