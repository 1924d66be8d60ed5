//! Database roles with only the privileges that they need.

use infra::testing::TestDatabase;
use sea_orm::{ConnectionTrait, Database, DbErr};

use crate::{
    better_auth::app::{BetterAuth, empty_database},
    better_auth::serving::{bearer, every_route_serves, list},
    support::{SECRET, Service, program},
};

/// The statements of the documentation: for the owner of Better Auth's tables, once they exist; and for `tasks_migrator`, after
/// `tasks-api migrate up`.
fn documented() -> [&'static str; 2] {
    let page = include_str!("../../../../../docs/authentication.md");
    let mut blocks = page.split("```sql\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    [blocks.next().unwrap(), blocks.next().unwrap()]
}

/// Roles belong to the server, not to the database: each test creates its own and drops them.
struct Roles<'a> {
    database: &'a TestDatabase,
    suffix: &'a str,
}

impl<'a> Roles<'a> {
    fn on(database: &'a TestDatabase) -> Self {
        let name = database.url().split('?').next().and_then(|url| url.rsplit('/').next()).unwrap();
        Self { database, suffix: name.trim_start_matches("tasks_test_") }
    }

    fn named(&self, sql: &str) -> String {
        let sql = sql.replace("tasks_migrator", &format!("tasks_migrator_{}", self.suffix));
        sql.replace("tasks_service", &format!("tasks_service_{}", self.suffix))
    }

    /// The URL of the database for one of the roles.
    fn url(&self, role: &str) -> String {
        let url = self.database.url();
        let (scheme, rest) = url.split_once("://").unwrap();
        let place = rest.split_once('@').map_or(rest, |(_who, place)| place);
        format!("{scheme}://{}:change%20me@{place}", self.named(role))
    }

    async fn run(&self, sql: &str) {
        self.database.connection().execute_unprepared(&self.named(sql)).await.unwrap();
    }

    async fn run_as(&self, role: &str, sql: &str) -> Result<(), DbErr> {
        let connection = Database::connect(self.url(role)).await.unwrap();
        let result = connection.execute_unprepared(&self.named(sql)).await;
        connection.close().await.unwrap();
        result.map(drop)
    }

    fn migrate(&self, arguments: &[&str]) {
        let directory = tempfile::tempdir().unwrap();
        let settings = [("DATABASE_URL", &*self.url("tasks_migrator")), ("ENVIRONMENT", "production")];
        let output = program(&directory, &settings).arg("migrate").args(arguments).output().unwrap();
        assert!(output.status.success(), "{output:?}");
    }
}

#[tokio::test]
async fn two_roles_work_with_the_documented_privileges() {
    let Some(database) = empty_database().await else { return };
    let app = BetterAuth::on(&database);
    let ada = app.sign_up("ada").await;
    let roles = Roles::on(&database);
    // On old servers every role may create tables; revoke that.
    roles.run("REVOKE ALL ON SCHEMA public FROM PUBLIC").await;

    roles.run(documented()[0]).await;
    roles.migrate(&["up"]);
    roles.run_as("tasks_migrator", documented()[1]).await.unwrap();

    let url = roles.url("tasks_service");
    let service = Service::start(&[
        ("DATABASE_URL", &url),
        ("ENVIRONMENT", "production"),
        ("BETTER_AUTH_URL", &app.url),
        ("BETTER_AUTH_SECRET", SECRET),
        ("SESSION_TOKENS", "cookie"),
    ]);
    for token in [&app.jwt(&ada).await, &ada.session_token] {
        every_route_serves(&service, &ada.id, &bearer(token)).await;
    }

    for forbidden in [
        r#"SELECT email FROM "user""#,
        r#"INSERT INTO "user" (id, name, email, "emailVerified") VALUES ('x', 'x', 'x', false)"#,
        r#"DELETE FROM "user""#,
        "SELECT * FROM session",
        r#"SELECT "ipAddress" FROM session"#,
        r#"UPDATE session SET "expiresAt" = now()"#,
        "SELECT password FROM account",
        r#"SELECT "privateKey" FROM jwks"#,
        "TRUNCATE tasks",
        "ALTER TABLE tasks ADD COLUMN x int",
        "DELETE FROM tasks_api_migrations",
        "CREATE TABLE mine (x int)",
    ] {
        let refused = roles.run_as("tasks_service", forbidden).await.unwrap_err().to_string();
        assert!(refused.contains("permission denied") || refused.contains("must be owner"), "{forbidden}: {refused}");
    }
    for forbidden in
        [r#"SELECT id FROM "user""#, r#"DELETE FROM "user""#, "SELECT token FROM session", "SELECT * FROM jwks"]
    {
        let refused = roles.run_as("tasks_migrator", forbidden).await.unwrap_err().to_string();
        assert!(refused.contains("permission denied"), "{forbidden}: {refused}");
    }

    // Tasks and users belong to different roles. Tasks are still deleted with their user.
    app.delete_user(&ada).await;
    assert_eq!(list(&service, &bearer(&ada.session_token)).await.0, 401);

    drop(service);
    roles.migrate(&["down", "--delete-tasks", "--steps", "99"]);
    roles.run("DROP OWNED BY tasks_migrator, tasks_service; DROP ROLE tasks_migrator, tasks_service").await;
}
