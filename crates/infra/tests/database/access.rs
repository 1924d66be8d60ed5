//! The service does not start, and is not ready, as a role that may not use the tables.

use domain::{
    Clock, CreateOptions, IdSource, Readiness, TaskRepository,
    testing::{FixedClock, SequentialIds, alice, titled},
};
use infra::{Database, DatabaseSettings, DatabaseUrl, MigrateError, testing::TestDatabase};
use sea_orm::ConnectionTrait;
use url::Url;

use crate::sessions::with_sessions;

/// A database with a role for the service. Roles belong to the server, so its name is unique.
struct Server {
    database: TestDatabase,
    role: String,
}

impl Server {
    async fn start() -> Option<Self> {
        let database = TestDatabase::postgres().await?;
        let url = Url::parse(database.url()).unwrap();
        let role = url.path().trim_start_matches("/tasks_test_").to_owned();
        let server = Self { database, role: format!("service_{role}") };
        server.run("CREATE ROLE service LOGIN PASSWORD 'change me'").await;
        Some(server)
    }

    /// With the documented rights.
    async fn with_rights() -> Option<Self> {
        let server = Self::start().await?;
        server.run("GRANT SELECT, INSERT, UPDATE, DELETE ON tasks, idempotency_keys TO service").await;
        server.run("GRANT SELECT ON tasks_api_migrations TO service").await;
        Some(server)
    }

    fn named(&self, sql: &str) -> String {
        sql.replace("service", &self.role)
    }

    async fn run(&self, sql: &str) {
        self.database.connection().execute_unprepared(&self.named(sql)).await.unwrap();
    }

    /// The database as the service opens it.
    async fn open(&self) -> Database {
        let mut url = Url::parse(self.database.url()).unwrap();
        url.set_username(&self.role).unwrap();
        url.set_password(Some("change me")).unwrap();
        Database::connect(&DatabaseSettings::new(DatabaseUrl::parse(url.as_str()).unwrap())).await.unwrap()
    }

    /// Why the service does not start.
    async fn refusal(&self) -> String {
        let database = self.open().await;
        let refused = async {
            database.check_schema().await?;
            database.clone().with_layout().await?.check_access().await
        };
        let refused: Result<(), MigrateError> = refused.await;
        assert_eq!(database.schema().check().await.is_err(), refused.is_err(), "ready to serve if it starts");
        database.close().await;
        refused.err().map(|error| error.to_string()).unwrap_or_default()
    }

    async fn stop(self) {
        self.run("DROP OWNED BY service; DROP ROLE service").await;
    }
}

const SEE: &str = " (docs/authentication.md#roles-with-minimal-rights)";

#[tokio::test(flavor = "multi_thread")]
async fn the_documented_rights_are_enough() {
    let Some(server) = Server::with_rights().await else { return };

    assert_eq!(server.refusal().await, "");

    let (database, now) = (server.open().await, FixedClock::default().now());
    let id = SequentialIds::default().next(now).into();
    database.tasks().create(&alice().id, id, &titled("Task"), &CreateOptions::default(), now).await.unwrap();
    database.close().await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_right_is_named_with_the_remedy() {
    let Some(server) = Server::with_rights().await else { return };
    for (right, table) in [
        ("INSERT", "tasks"),
        ("UPDATE", "tasks"),
        ("DELETE", "idempotency_keys"),
        ("SELECT", "idempotency_keys"),
        ("SELECT", "tasks_api_migrations"),
    ] {
        server.run(&format!("REVOKE {right} ON {table} FROM service")).await;

        let expected = format!("service lacks {right} on {table}: run GRANT {right} ON {table} TO service{SEE}");
        assert_eq!(server.refusal().await, server.named(&expected));

        server.run(&format!("GRANT {right} ON {table} TO service")).await;
    }
    server.run("REVOKE USAGE ON SCHEMA public FROM PUBLIC").await;
    let expected = format!("service lacks USAGE on schema public: run GRANT USAGE ON SCHEMA public TO service{SEE}");
    assert_eq!(server.refusal().await, server.named(&expected));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_without_any_right_gets_all_remedies_at_once() {
    let Some(server) = Server::start().await else { return };

    let refusal = server.refusal().await;

    let expected = "run GRANT SELECT, INSERT, UPDATE, DELETE ON tasks TO service; GRANT SELECT, INSERT, UPDATE, DELETE ON \
                    idempotency_keys TO service; GRANT SELECT ON tasks_api_migrations TO service";
    assert!(refusal.contains(&server.named(expected)), "{refusal}");
    assert_eq!(refusal.lines().count(), 1);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_from_which_row_level_security_hides_rows_is_refused() {
    let Some(server) = Server::with_rights().await else { return };
    let hidden =
        |remedy: &str| server.named(&format!("row level security hides rows of tasks from service: run {remedy}{SEE}"));
    let policy = "CREATE POLICY tasks_api ON tasks TO service USING (true) WITH CHECK (true)";

    server.run("ALTER TABLE tasks ENABLE ROW LEVEL SECURITY").await;
    assert_eq!(server.refusal().await, hidden(policy));

    server.run("CREATE POLICY own ON tasks USING (user_id = current_user); CREATE POLICY read ON tasks FOR SELECT USING (true)").await;
    assert_eq!(server.refusal().await, hidden(policy), "not every command is allowed");

    server.run(policy).await;
    assert_eq!(server.refusal().await, "");

    server.run("CREATE POLICY narrow ON tasks AS RESTRICTIVE FOR DELETE TO service USING (completed)").await;
    assert_eq!(server.refusal().await, hidden("ALTER ROLE service BYPASSRLS"));

    server.run("ALTER ROLE service BYPASSRLS").await;
    assert_eq!(server.refusal().await, "");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_program_has_recorded_need_not_be_readable() {
    let Some(server) = Server::start().await else { return };
    server.database.migrate_down(u32::MAX).await.unwrap();
    server
        .run("DROP TABLE tasks_api_migrations; CREATE TABLE seaql_migrations (version text, applied_at bigint)")
        .await;
    server.run(r#"GRANT CREATE ON SCHEMA public TO service; GRANT REFERENCES ON "user" TO service"#).await;
    let database = server.open().await;

    let applied = database.migrate_up().await.unwrap();

    database.check_schema().await.unwrap();
    assert_eq!(database.migrate_down(u32::MAX).await.unwrap().len(), applied.len());
    database.close().await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_may_not_migrate_is_told_what_it_lacks() {
    let Some(server) = Server::start().await else { return };
    let database = server.open().await;

    let denied = database.migrate_up().await.unwrap_err().to_string();
    server.run("DROP SCHEMA public CASCADE").await;
    let nowhere = database.migrate_up().await.unwrap_err().to_string();

    assert!(denied.contains("lacks a right") && denied.ends_with("(docs/troubleshooting.md#rights)"), "{denied}");
    assert!(
        nowhere.contains("no schema") && nowhere.ends_with("(docs/troubleshooting.md#database-schema)"),
        "{nowhere}"
    );
    database.close().await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owner_of_the_users_must_be_able_to_read_them() {
    let Some(server) = Server::with_rights().await else { return };
    server.run("CREATE ROLE owner_of_service; GRANT USAGE, CREATE ON SCHEMA public TO owner_of_service").await;
    server.run(r#"ALTER TABLE "user" OWNER TO owner_of_service; REVOKE SELECT ON "user" FROM owner_of_service"#).await;

    let expected =
        format!(r#"owner_of_service lacks SELECT on "user": run GRANT SELECT (id) ON "user" TO owner_of_service{SEE}"#);
    assert_eq!(server.refusal().await, server.named(&expected).replace("(id)", r#"("id")"#));

    server
        .run(r#"ALTER TABLE "user" OWNER TO CURRENT_USER; DROP OWNED BY owner_of_service; DROP ROLE owner_of_service"#)
        .await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rights_on_the_tables_of_better_auth_are_checked_if_they_are_used() {
    let Some(server) = Server::with_rights().await else { return };
    with_sessions(&server.database, "timestamptz", &[]).await;
    let database = server.open().await.with_layout().await.unwrap();
    database.check_access().await.unwrap();

    let using_both = database.with_sessions().await.unwrap().with_provisioning().await.unwrap();
    let refusal = using_both.check_access().await.unwrap_err().to_string();

    for remedy in [
        r#"GRANT SELECT ("token", "userId", "expiresAt") ON session TO service"#,
        r#"GRANT INSERT ("id", "name", "email", "emailVerified", "createdAt", "updatedAt") ON "user" TO service"#,
    ] {
        assert!(refusal.contains(&server.named(remedy)), "{refusal}");
        server.run(remedy).await;
    }
    using_both.check_access().await.unwrap();
    using_both.close().await;
    server.stop().await;
}
