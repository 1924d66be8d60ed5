//! The commands that move tasks, and back an SQLite database up and restore it.

use infra::testing::TestDatabase;
use reqwest::Method;
use sea_orm::ConnectionTrait;
use serde_json::json;
use tempfile::TempDir;

use crate::{
    on_both_databases,
    support::{SECRET, Service, program, read},
};

on_both_databases! {
    the_tasks_of_a_user_are_moved,
}

/// What a command prints, or the line with which it fails.
fn run(directory: &TempDir, url: &str, arguments: &[&str]) -> Result<String, String> {
    let settings = [("DATABASE_URL", url), ("ENVIRONMENT", "production"), ("BETTER_AUTH_SECRET", SECRET)];
    let output = program(directory, &settings).args(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap().trim_end().to_owned();
    if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
}

async fn create(service: &Service, user: &str, title: &str) {
    let request = service.request(user, Method::POST, "/api/tasks").json(&json!({ "title": title }));
    assert_eq!(request.send().await.unwrap().status(), 201);
}

async fn titles(service: &Service, user: &str) -> Vec<String> {
    let (_, list) = read(service.request(user, Method::GET, "/api/tasks").send().await.unwrap()).await;
    list["data"].as_array().unwrap().iter().map(|task| task["title"].as_str().unwrap().to_owned()).collect()
}

async fn the_tasks_of_a_user_are_moved(database: &TestDatabase) {
    let service = Service::on(database);
    create(&service, "alice", "Buy groceries").await;
    create(&service, "alice", "Buy wine").await;
    let directory = tempfile::tempdir().unwrap();
    let move_tasks = |from, to| run(&directory, database.url(), &["move-tasks", "--from", from, "--to", to]);

    assert_eq!(move_tasks("alice", "ghost").unwrap_err(), "tasks-api: there is no user ghost: nothing was moved");
    assert_eq!(move_tasks("alice", "bob").unwrap(), "moved 2 tasks from alice to bob");
    assert_eq!(move_tasks("alice", "bob").unwrap(), "nothing to move: alice has no tasks");

    assert_eq!(titles(&service, "bob").await, ["Buy wine", "Buy groceries"]);
    assert!(titles(&service, "alice").await.is_empty());
}

#[tokio::test]
async fn the_status_of_migrations_tells_that_a_table_is_gone() {
    let (database, directory) = (TestDatabase::sqlite().await, tempfile::tempdir().unwrap());
    assert!(run(&directory, database.url(), &["migrate", "status"]).is_ok());
    database.connection().execute_unprepared("DROP TABLE tasks").await.unwrap();

    for command in ["status", "up"] {
        let line = run(&directory, database.url(), &["migrate", command]).unwrap_err();

        assert!(line.starts_with("tasks-api: the database lacks tasks, "), "{line}");
    }
}

#[tokio::test]
async fn a_backup_of_a_running_service_is_restored_after_its_stop() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name).display().to_string();
    let url = format!("sqlite:{}", path("tasks.db"));
    let settings = [("DATABASE_URL", url.as_str()), ("BETTER_AUTH_SECRET", SECRET)];
    let service = Service::start(&settings);
    create(&service, "alice", "Buy groceries").await;

    run(&directory, &url, &["backup", &path("backup.db")]).unwrap();
    create(&service, "alice", "Buy wine").await;
    let refused = run(&directory, &url, &["restore", &path("backup.db")]).unwrap_err();
    assert!(refused.contains("tasks.db is in use: stop the service first"), "{refused}");
    // Killed, so that the second task is in the -wal only.
    drop(service);
    let printed = run(&directory, &url, &["restore", &path("backup.db")]).unwrap();

    assert!(
        printed.contains("the old database is kept as ") && printed.contains("tasks.db.before-restore-"),
        "{printed}"
    );
    let service = Service::start(&settings);
    assert_eq!(titles(&service, "alice").await, ["Buy groceries"]);
}

#[test]
fn on_postgres_a_backup_names_the_tool() {
    let directory = tempfile::tempdir().unwrap();
    for command in ["backup", "restore"] {
        assert_eq!(
            run(&directory, "postgres://localhost/tasks", &[command, "backup.db"]).unwrap_err(),
            "tasks-api: DATABASE_URL is Postgres: use pg_dump and pg_restore, which back up Better Auth's tables too"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_are_distributed_by_a_command() {
    let Some(database) = TestDatabase::postgres().await else { return };
    let directory = tempfile::tempdir().unwrap();
    let shard = |arguments: &[&str]| run(&directory, database.url(), &[&["shard"], arguments].concat());
    let missing = shard(&[]).unwrap_err();
    assert!(missing.starts_with("tasks-api: the extension citus is missing") && !missing.contains('\n'), "{missing}");
    database.pretend_citus().await;

    let script = shard(&[]).unwrap();
    assert!(script.ends_with("'user_id', colocate_with => '\"public\".\"tasks\"');"), "{script}");
    assert!(shard(&["--apply"]).unwrap_err().contains("--coordinator HOST is needed"));
    let applied = shard(&["--apply", "--coordinator", "db", "--worker", "w1", "--worker", "w2:5433"]).unwrap();
    assert_eq!(applied.matches("-- done now: ").count(), 7, "{applied}");

    assert_eq!(shard(&["--apply"]).unwrap().matches("-- done before: ").count(), 7);
}
