//! The metrics and the checks of readiness.

use infra::testing::TestDatabase;
use reqwest::{Method, Response};
use sea_orm::{ConnectionTrait, DbBackend};
use serde_json::json;

use crate::support::{Service, read};

pub const ANY_PORT: (&str, &str) = ("METRICS_ADDRESS", "127.0.0.1:0");

/// A response from the metrics address in the log.
async fn get(service: &Service, path: &str) -> Response {
    let line = service.wait_for_log(|line| line.contains("metrics are at"));
    let address = &line[line.find("127.0.0.1:").unwrap()..];
    let address = address.split(['"', ' ']).next().unwrap();
    reqwest::get(format!("http://{address}{path}")).await.unwrap()
}

/// All metrics.
pub async fn scrape(service: &Service) -> String {
    get(service, "/metrics").await.text().await.unwrap()
}

#[tokio::test]
async fn metrics_have_their_own_address_until_the_process_ends() {
    let database = TestDatabase::sqlite().await;
    let mut service = Service::with(&database, &[ANY_PORT, ("SHUTDOWN_DELAY", "1s")]);

    let answer = get(&service, "/metrics").await;
    assert_eq!(
        (answer.status().as_u16(), answer.headers()["content-type"].to_str().unwrap()),
        (200, "application/openmetrics-text; version=1.0.0; charset=utf-8")
    );
    assert!(answer.text().await.unwrap().ends_with("# EOF\n"));
    for path in ["/", "/metrics/x", "/api/tasks", "/health/live"] {
        assert_eq!(get(&service, path).await.status(), 404, "{path}");
    }
    assert_eq!(service.anonymous(Method::GET, "/metrics").send().await.unwrap().status(), 404);

    service.send_signal("-TERM");
    service.wait_for_log(|line| line.contains("stopping"));
    assert_eq!(get(&service, "/metrics").await.status(), 200);
    assert!(service.wait().success());
}

#[tokio::test]
async fn metrics_are_off_by_default() {
    for settings in [&[][..], &[("METRICS_ADDRESS", "off")]] {
        let service = Service::with(&TestDatabase::sqlite().await, settings);
        assert!(!service.log().iter().any(|line| line.contains("metrics")), "{:?}", service.log());
    }
}

crate::on_both_databases!(
    input_rejected_only_by_the_database_is_counted_as_a_defect,
    readiness_names_each_failing_check
);

async fn input_rejected_only_by_the_database_is_counted_as_a_defect(database: &TestDatabase) {
    let service = Service::with(database, &[ANY_PORT]);
    let create = async || {
        let request = service.request("alice", Method::POST, "/api/tasks").json(&json!({ "title": "private" }));
        read(request.send().await.unwrap()).await
    };
    assert_eq!(create().await.0, 201);
    assert!(scrape(&service).await.contains("\ntasks_api_validation_gaps_total 0\n"));

    forbid_titles(database, "private").await;
    let (status, body) = create().await;

    assert_eq!((status.as_u16(), &body["error"]["code"]), (500, &json!("INTERNAL_ERROR")));
    assert!(scrape(&service).await.contains("\ntasks_api_validation_gaps_total 1\n"));
    let line = service.wait_for_log(|line| line.contains("a gap in validation"));
    assert!(line.contains(r#""level":"ERROR""#) && !line.contains("private"), "{line}");
}

/// Adds a constraint that the service does not know.
async fn forbid_titles(database: &TestDatabase, title: &str) {
    let connection = database.connection();
    if connection.get_database_backend() == DbBackend::Postgres {
        let check = format!("ALTER TABLE tasks ADD CHECK (title <> '{title}') NOT VALID");
        connection.execute_unprepared(&check).await.unwrap();
    } else {
        connection.execute_unprepared("DROP TABLE tasks").await.unwrap();
        let table = format!(
            "CREATE TABLE tasks (user_id text, id blob, title text CHECK (title <> '{title}'), description text, \
             completed boolean, created_at text, updated_at text, version integer)"
        );
        connection.execute_unprepared(&table).await.unwrap();
    }
}

async fn readiness_names_each_failing_check(database: &TestDatabase) {
    let settings = [
        ("DATABASE_URL", database.url()),
        ("ENVIRONMENT", "production"),
        // No server listens there.
        ("BETTER_AUTH_URL", "http://127.0.0.1:1"),
        ANY_PORT,
    ];
    let service = Service::start(&settings);
    let failing = async || {
        let (status, body) = read(service.anonymous(Method::GET, "/health/ready").send().await.unwrap()).await;
        assert_eq!((status.as_u16(), &body["error"]["code"]), (503, &json!("UNAVAILABLE")));
        body["error"]["details"].clone()
    };
    let connection = database.connection();
    let older = "DELETE FROM tasks_api_migrations WHERE version = 'm20261122_000003_idempotency_keys'";
    connection.execute_unprepared(older).await.unwrap();
    let migrations = json!({ "field": "migrations", "message": "is not as it must be" });
    let keys = json!({ "field": "key_set", "message": "is out of reach" });
    assert_eq!(failing().await, json!([migrations, keys]));

    let whole = "INSERT INTO tasks_api_migrations VALUES ('m20261122_000003_idempotency_keys', 0), ('m20991231_000001_future', 0)";
    connection.execute_unprepared(whole).await.unwrap();
    assert_eq!(failing().await, json!([keys]));
    let lines = scrape(&service).await;
    for line in [r#"{check="database"} 1"#, r#"{check="migrations"} 1"#, r#"{check="key_set"} 0"#] {
        assert!(lines.contains(&format!("tasks_api_ready{line}\n")), "{lines}");
    }

    connection.execute_unprepared("ALTER TABLE tasks RENAME TO elsewhere").await.unwrap();
    let table = json!({ "field": "database", "message": "is not as it must be" });
    assert_eq!(failing().await, json!([table, keys]));
}
