use std::{
    fs::File,
    io::{Read, Seek},
    sync::Arc,
};

use migration::{HISTORY, TableName};
use sea_orm::ConnectionTrait;

use super::{NewTables, texts};
use crate::testing::TestDatabase;

/// A database and the roles of a public API, as Supabase creates them. Roles belong to the server, so their names are unique.
struct Api {
    database: TestDatabase,
    suffix: String,
}

impl Api {
    async fn on(database: Option<TestDatabase>) -> Option<Self> {
        let database = database?;
        let suffix = database.url().split('?').next()?.rsplit('_').next()?.to_owned();
        let api = Self { database, suffix };
        api.run("CREATE ROLE anon NOLOGIN; CREATE ROLE gate LOGIN NOINHERIT; GRANT anon TO gate").await;
        Some(api)
    }

    fn named(&self, sql: &str) -> String {
        ["anon", "gate", "program", "reports", "team"]
            .iter()
            .fold(sql.to_owned(), |sql, role| sql.replace(role, &format!("{role}_{}", self.suffix)))
    }

    async fn run(&self, sql: &str) {
        self.database.connection().execute_unprepared(&self.named(sql)).await.unwrap();
    }

    /// The tables that this role may read.
    async fn readable(&self, role: &str) -> Vec<String> {
        let query = "SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' \
                     AND (has_table_privilege('ROLE', oid, 'SELECT') OR has_any_column_privilege('ROLE', oid, 'SELECT'))";
        let query = query.replace("ROLE", &self.named(role));
        texts(self.database.connection(), &query).await.unwrap().into_iter().collect()
    }

    /// What is logged about open tables.
    async fn warnings(&self) -> String {
        let mut log = tempfile::tempfile().unwrap();
        let writer: Arc<File> = Arc::new(log.try_clone().unwrap());
        let logs = tracing_subscriber::fmt()
            .with_ansi(false)
            .with_max_level(tracing::Level::WARN)
            .with_writer(writer)
            .finish();
        let _until_the_end = tracing::subscriber::set_default(logs);
        self.database.warn_of_open_tables().await.unwrap();
        let mut lines = String::new();
        log.rewind().unwrap();
        log.read_to_string(&mut lines).unwrap();
        lines
    }

    async fn drop_roles(&self, roles: &str) {
        self.run(&format!("DROP OWNED BY anon, gate{roles}; DROP ROLE anon, gate{roles}")).await;
    }
}

#[tokio::test]
async fn default_privileges_do_not_open_the_tables_to_a_public_api() {
    let Some(api) = Api::on(TestDatabase::empty_postgres().await).await else { return };
    api.run("ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON TABLES TO anon, PUBLIC").await;

    api.database.migrate_up().await.unwrap();

    assert!(api.readable("anon").await.is_empty());
    assert_eq!(api.warnings().await, "");
    let made = "SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'";
    let made = texts(api.database.connection(), made).await.unwrap();
    assert!(made.into_iter().eq(["idempotency_keys", "tasks", HISTORY, "user"].map(str::to_owned)), "all are listed");
    api.drop_roles("").await;
}

#[tokio::test]
async fn a_later_table_gets_the_grants_of_the_tasks() {
    let Some(api) = Api::on(TestDatabase::postgres().await).await else { return };
    api.run("CREATE ROLE program LOGIN; CREATE ROLE team NOLOGIN; GRANT team TO program").await;
    api.run("ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON TABLES TO anon").await;
    api.run("GRANT SELECT, INSERT ON tasks TO program, anon; GRANT SELECT ON tasks TO team").await;
    let connection = api.database.connection();

    let before = NewTables::before(connection, ["tasks", "later"].map(TableName::unqualified).into()).await.unwrap();
    api.run("CREATE TABLE later (id bigserial)").await;
    before.replace_default_privileges(connection).await.unwrap();

    assert_eq!(api.readable("program").await, ["later", "tasks"]);
    assert_eq!(api.readable("team").await, ["later", "tasks"]);
    assert_eq!(api.readable("anon").await, ["tasks"]);
    api.drop_roles(", program, team").await;
}

#[tokio::test]
async fn open_tables_are_reported_with_the_remedy() {
    let Some(api) = Api::on(TestDatabase::postgres().await).await else { return };
    api.run("GRANT ALL ON tasks TO anon; GRANT SELECT (key) ON idempotency_keys TO PUBLIC").await;

    let warning = api.warnings().await;
    assert_eq!(warning.lines().count(), 1, "{warning}");
    let remedy =
        api.named("run REVOKE ALL ON idempotency_keys, tasks FROM PUBLIC, anon (docs/troubleshooting.md#open-tables)");
    assert!(warning.contains(&remedy), "{warning}");

    api.run("REVOKE ALL ON idempotency_keys, tasks FROM PUBLIC, anon").await;
    assert_eq!(api.warnings().await, "");
    api.drop_roles("").await;
}

#[tokio::test]
async fn rights_of_programs_and_groups_are_not_reported() {
    let Some(api) = Api::on(TestDatabase::postgres().await).await else { return };
    api.run("CREATE ROLE program LOGIN; CREATE ROLE reports LOGIN; CREATE ROLE team NOLOGIN; GRANT team TO program")
        .await;

    api.run("GRANT ALL ON tasks TO program; GRANT SELECT ON tasks TO reports; GRANT ALL ON tasks TO team").await;
    assert_eq!(api.warnings().await, "");

    api.run("GRANT ALL ON tasks TO anon; ALTER TABLE tasks ENABLE ROW LEVEL SECURITY").await;
    assert_eq!(api.warnings().await, "", "row level security keeps the role out");
    api.drop_roles(", program, reports, team").await;
}
