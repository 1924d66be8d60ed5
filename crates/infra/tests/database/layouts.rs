//! Databases whose tables are elsewhere, or whose users have ids of another type.

use std::{
    fs::File,
    io::{Read, Seek},
    sync::Arc,
    time::Duration,
};

use domain::{
    Clock, CreateOptions, IdSource, OwnerId, Precondition, RepositoryError, TaskChanges, TaskQuery, TaskRepository,
    testing::{FixedClock, SequentialIds, titled},
};
use infra::{Database, DatabaseSettings, DatabaseUrl, ExecutorKind, testing::TestDatabase};
use sea_orm::{ConnectionTrait, DbBackend};

use crate::{
    connect::value,
    contract::{Ids, Ports},
};

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

#[tokio::test(flavor = "multi_thread")]
async fn a_schema_of_its_own_is_created_used_and_left() {
    let Some(home) = TestDatabase::empty_postgres().await else { return };
    let database = opened(home.url(), |settings| settings.schema = Some("own".to_owned())).await;
    assert!(database.migration_status().await.unwrap().iter().all(|state| !state.applied));

    let applied = database.migrate_up().await.unwrap();

    let tables = "SELECT string_agg(schemaname || '.' || tablename, ' ' ORDER BY 1) FROM pg_tables WHERE schemaname IN ('own', 'public')";
    let expected = "own.idempotency_keys own.tasks own.tasks_api_migrations public.user";
    assert_eq!(
        value(home.connection(), &tables.replace("ORDER BY 1", "ORDER BY schemaname, tablename")).await,
        expected
    );
    database.check_schema().await.unwrap();
    assert_eq!(database.migrate_down(u32::MAX).await.unwrap().len(), applied.len());
    assert_eq!(value(home.connection(), "SELECT count(*) FROM pg_tables WHERE tablename = 'tasks'").await, "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_in_another_schema_than_the_setting_are_reported() {
    let Some(home) = TestDatabase::postgres().await else { return };
    let database = opened(home.url(), |settings| settings.schema = Some("own".to_owned())).await;

    for line in [
        database.migrate_up().await.unwrap_err().to_string(),
        database.check_schema().await.unwrap_err().to_string(),
        database.with_layout().await.unwrap_err().to_string(),
    ] {
        assert!(line.contains("DATABASE_SCHEMA=public") && line.contains("not in own"), "{line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_schema_of_a_prisma_url_holds_the_tables() {
    let Some(home) = TestDatabase::empty_postgres().await else { return };
    home.connection().execute_unprepared("CREATE SCHEMA app").await.unwrap();
    home.connection().execute_unprepared(&table_of_users("app.\"user\"", "text")).await.unwrap();
    let sign = if home.url().contains('?') { '&' } else { '?' };
    let database = opened(&format!("{}{sign}schema=app", home.url()), |_| {}).await;

    database.migrate_up().await.unwrap();

    let refers = "SELECT confrelid::regclass::text FROM pg_constraint WHERE conname = 'tasks_user_id_fkey' AND conrelid = 'app.tasks'::regclass";
    assert_eq!(value(home.connection(), refers).await, "app.\"user\"");
    database
        .with_layout()
        .await
        .unwrap()
        .tasks()
        .list(&domain::testing::alice().id, &TaskQuery::default())
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn users_on_the_search_path_are_found_wherever_they_are() {
    for (schema, path) in [("public", "tasks,public"), ("auth", "tasks,auth"), ("public", "\"$user\",public")] {
        let Some(home) = TestDatabase::empty_postgres().await else { return };
        let connection = home.connection();
        for schema in ["tasks", "auth", "CURRENT_USER"] {
            let name = if schema == "CURRENT_USER" { "AUTHORIZATION CURRENT_USER" } else { schema };
            connection.execute_unprepared(&format!("CREATE SCHEMA {name}")).await.unwrap();
        }
        connection.execute_unprepared(&table_of_users(&format!("{schema}.\"user\""), "text")).await.unwrap();
        let mut url = url::Url::parse(home.url()).unwrap();
        url.query_pairs_mut().append_pair("options", &format!("-c search_path={path}"));
        let database = opened(url.as_str(), |_| {}).await;

        database.migrate_up().await.unwrap();
        database.check_schema().await.unwrap();

        assert_eq!(value(connection, "SELECT count(*) FROM pg_class WHERE relname = 'user'").await, "1", "{path}");
    }
}

/// The line with which the first migration is refused after these statements.
async fn refusal(home: &TestDatabase, statements: &[&str]) -> String {
    for statement in statements {
        home.connection().execute_unprepared(statement).await.unwrap();
    }
    let line = home.migrate_up().await.unwrap_err().to_string();
    assert!(home.connection().execute_unprepared("SELECT 1 FROM tasks").await.is_err(), "nothing is created");
    assert!(!line.contains('\n'), "{line}");
    line
}

#[tokio::test(flavor = "multi_thread")]
async fn no_second_table_of_users_is_made_on_postgres() {
    let users = |name: &str| table_of_users(name, "text");
    let session =
        |name: &str, of: &str| format!(r#"CREATE TABLE {name} ("token" text, "userId" text REFERENCES {of} (id))"#);
    for (statements, expected) in [
        (vec![users("users")], "USER_TABLE=users "),
        (vec![users("\"User\"")], "USER_TABLE=User "),
        (vec![users("\"Users\"")], "USER_TABLE=Users "),
        (vec!["CREATE SCHEMA auth".into(), users("auth.\"user\"")], "USER_TABLE=auth.user "),
        (vec![users("people"), session("session", "people")], "USER_TABLE=people "),
        (vec![users("users"), users("members"), session("\"Accounts\"", "members")], "USER_TABLE=members "),
        (vec!["CREATE TABLE sessions (token text, user_id text)".into()], "sessions looks like a table of Better Auth"),
    ] {
        let Some(home) = TestDatabase::empty_postgres().await else { return };
        let statements: Vec<&str> = statements.iter().map(String::as_str).collect();

        let line = refusal(&home, &statements).await;

        assert!(line.contains(expected), "{line}");
        assert!(line.contains("let Better Auth make its tables first"), "{line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_second_table_of_users_is_made_on_sqlite() {
    let users = "CREATE TABLE Users (id text PRIMARY KEY)";
    let people = "CREATE TABLE people (id text PRIMARY KEY)";
    let session = r#"CREATE TABLE session ("token" text, "userId" text REFERENCES people (id))"#;
    for (statements, expected) in [
        (&[users] as &[&str], "USER_TABLE=Users "),
        (&[people, session], "USER_TABLE=people "),
        (&["CREATE TABLE session (token text, userId text)"], "session looks like"),
    ] {
        let home = TestDatabase::empty_sqlite().await;

        let line = refusal(&home, statements).await;

        assert!(line.contains(expected), "{line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unrelated_table_of_accounts_is_no_obstacle() {
    for home in [Some(TestDatabase::empty_sqlite().await), TestDatabase::empty_postgres().await].into_iter().flatten() {
        home.connection().execute_unprepared("CREATE TABLE accounts (id text, balance integer)").await.unwrap();

        home.migrate_up().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_table_of_users_can_be_named() {
    for home in [Some(TestDatabase::empty_sqlite().await), TestDatabase::empty_postgres().await].into_iter().flatten() {
        home.connection().execute_unprepared(&table_of_users("users", "text")).await.unwrap();
        let database = |name: &'static str| {
            let named = infra::TableName::parse(name);
            opened(home.url(), |settings| settings.user_table = named)
        };

        let line = database("members").await.migrate_up().await.unwrap_err().to_string();
        assert!(line.contains("there is no table members"), "{line}");
        let named = database("users").await;
        named.migrate_up().await.unwrap();
        let ports = Ports::with_ids(&named.with_layout().await.unwrap(), Ids::Text, ());
        ports.with_users().await;

        assert_eq!(value(home.connection(), "SELECT count(*) FROM users").await, "2");
        assert!(home.connection().execute_unprepared("SELECT 1 FROM \"user\"").await.is_err() || is_postgres(&home));
        let line = database("user").await.with_layout().await.unwrap_err().to_string();
        assert!(line.contains("USER_TABLE is user, but the tasks refer to"), "{line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_table_of_users_can_be_asked_for() {
    for home in [Some(TestDatabase::empty_sqlite().await), TestDatabase::empty_postgres().await].into_iter().flatten() {
        home.connection().execute_unprepared(&table_of_users("users", "text")).await.unwrap();
        let asked = infra::TableName::parse("user");

        opened(home.url(), |settings| settings.user_table = asked).await.migrate_up().await.unwrap();

        assert_eq!(value(home.connection(), "SELECT count(*) FROM \"user\"").await, "0");
    }
}

fn is_postgres(home: &TestDatabase) -> bool {
    home.connection().get_database_backend() == DbBackend::Postgres
}

/// What is logged meanwhile, on this thread.
async fn logged(work: impl Future<Output = ()>) -> String {
    let mut log = tempfile::tempfile().unwrap();
    let writer: Arc<File> = Arc::new(log.try_clone().unwrap());
    let logs = tracing_subscriber::fmt().with_writer(writer).finish();
    let until_the_end = tracing::subscriber::set_default(logs);
    work.await;
    drop(until_the_end);
    let mut lines = String::new();
    log.rewind().unwrap();
    log.read_to_string(&mut lines).unwrap();
    lines
}

#[tokio::test]
async fn an_empty_table_of_users_beside_a_full_one_is_reported() {
    for home in [Some(TestDatabase::empty_sqlite().await), TestDatabase::empty_postgres().await].into_iter().flatten() {
        home.migrate_up().await.unwrap();
        let connection = home.connection();
        connection.execute_unprepared("CREATE TABLE users (id text PRIMARY KEY)").await.unwrap();
        let open = || async { opened(home.url(), |_| {}).await.with_layout().await.map(drop).unwrap() };
        assert!(!Box::pin(logged(open())).await.contains("USER_TABLE"), "both are empty");

        connection.execute_unprepared("INSERT INTO users VALUES ('ada')").await.unwrap();
        let lines = Box::pin(logged(open())).await;
        assert_eq!(lines.matches("USER_TABLE=users").count(), 1, "{lines}");

        Ports::with_ids(&home, Ids::Text, ()).with_users().await;
        assert!(!Box::pin(logged(open())).await.contains("USER_TABLE"), "the users are where they should be");
    }
}
