//! The repository contract on databases whose users have ids of another type, and whose tables are in a schema of their own.

use std::time::Duration;

use domain::{
    Clock, CreateOptions, IdSource, OwnerId, Precondition, RepositoryError, TaskChanges, TaskQuery, TaskRepository,
    testing::{FixedClock, SequentialIds, titled},
};
use infra::{Database, DatabaseSettings, DatabaseUrl, ExecutorKind, testing::TestDatabase};
use sea_orm::ConnectionTrait;

use crate::contract::{Ids, Ports};

/// The same database with other settings, and with a longer time limit than in production.
pub(crate) async fn opened(url: &str, adjust: impl FnOnce(&mut DatabaseSettings)) -> Database {
    let mut settings = DatabaseSettings::new(DatabaseUrl::parse(url).unwrap());
    settings.acquire_timeout = Duration::from_secs(30);
    adjust(&mut settings);
    Database::connect(&settings).await.unwrap()
}

/// A table of users as Better Auth creates it, with ids of this type.
pub(crate) fn table_of_users(name: &str, id: &str) -> String {
    format!(
        r#"CREATE TABLE {name} ("id" {id} NOT NULL PRIMARY KEY, "name" text NOT NULL, "email" text NOT NULL UNIQUE,
        "emailVerified" boolean NOT NULL, "image" text, "createdAt" timestamptz DEFAULT CURRENT_TIMESTAMP NOT NULL,
        "updatedAt" timestamptz DEFAULT CURRENT_TIMESTAMP NOT NULL)"#
    )
}

/// Connects to a database that has a table of users with these ids, and migrates it with this schema.
pub(crate) async fn migrated(
    home: &TestDatabase,
    url: &str,
    ids: Ids,
    schema: Option<&str>,
    executor: ExecutorKind,
) -> Database {
    home.connection().execute_unprepared(&table_of_users("\"user\"", ids.sql())).await.unwrap();
    let database = opened(url, |settings| {
        settings.schema = schema.map(str::to_owned);
        settings.executor = executor;
    });
    let database = database.await;
    database.migrate_up().await.unwrap();
    database.check_schema().await.unwrap();
    database.with_layout().await.unwrap()
}

macro_rules! layouts {
    ($($name:ident: $empty:ident, $ids:expr, $schema:expr, $executor:ident;)*) => {
        $(
            mod $name {
                use infra::{ExecutorKind, testing::TestDatabase};

                use crate::contract::{Ids, Ports};

                pub(super) async fn fresh() -> Option<Box<Ports<TestDatabase>>> {
                    let home: Option<TestDatabase> = TestDatabase::$empty().await.into();
                    let home = home?;
                    let database = super::migrated(&home, home.url(), $ids, $schema, ExecutorKind::$executor).await;
                    let ports = Ports::with_ids(&database, $ids, home);
                    ports.with_users().await;
                    Some(Box::new(ports))
                }

                domain::task_repository_contract!(fresh);

                #[tokio::test(flavor = "multi_thread")]
                async fn only_the_canonical_id_reaches_a_users_tasks() {
                    if let Some(ports) = fresh().await {
                        super::only_the_canonical_id_reaches_a_users_tasks(&ports).await;
                    }
                }
            }
        )*
    };
}

layouts! {
    uuids: empty_postgres, Ids::Uuid, None, Pipelined;
    uuids_by_seaorm: empty_postgres, Ids::Uuid, None, SeaOrm;
    integers_in_a_schema: empty_postgres, Ids::Integer, Some("my tasks"), Pipelined;
    integers_in_a_schema_by_seaorm: empty_postgres, Ids::Integer, Some("my tasks"), SeaOrm;
    integers_on_sqlite: empty_sqlite, Ids::Integer, None, SeaOrm;
}

/// Other spellings of an id are other users, or none.
async fn only_the_canonical_id_reaches_a_users_tasks<D: Send + Sync>(ports: &Ports<D>) {
    let (tasks, now) = (ports.tasks(), FixedClock::default().now());
    let alice = ports.id_of("alice");
    let id = SequentialIds::default().next(now).into();
    tasks.create(&alice, id, &titled("Alice's"), &CreateOptions::default(), now).await.unwrap();
    let spellings = [
        format!("0{alice}"),
        format!("+{alice}"),
        format!(" {alice}"),
        format!("{alice} "),
        format!("{alice}.0"),
        format!("{alice}e0"),
        format!("{{{alice}}}"),
        format!("urn:uuid:{alice}"),
        alice.as_str().replace('-', ""),
        alice.as_str().to_uppercase(),
        "99999999999999999999".to_owned(),
        "nobody".to_owned(),
    ];
    for other in spellings.into_iter().filter(|other| other != alice.as_str()) {
        let other = OwnerId::try_from(other).unwrap();
        let no_changes = TaskChanges::default();

        assert_eq!(tasks.get(&other, id).await.unwrap(), None, "{other}");
        assert!(tasks.list(&other, &TaskQuery::default()).await.unwrap().items.is_empty(), "{other}");
        tasks.update(&other, id, &no_changes, &Precondition::None, now).await.unwrap();
        tasks.delete(&other, id, &Precondition::None).await.unwrap();
        let created = tasks.create(&other, id, &titled("x"), &CreateOptions::default(), now).await;
        assert!(matches!(created, Err(RepositoryError::UnknownOwner)), "{other}: {created:?}");
    }
    assert_eq!(tasks.get(&alice, id).await.unwrap().unwrap().version.get(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_of_another_type_are_rejected_with_the_remedy() {
    let Some(home) = TestDatabase::empty_postgres().await else { return };
    home.connection().execute_unprepared(&table_of_users("\"user\"", "numeric")).await.unwrap();

    let line = home.migrate_up().await.unwrap_err().to_string();

    assert!(line.contains("user.id is numeric") && line.contains("generateId"), "{line}");
}
