//! The metrics, and the dashboard and alerts under `deploy/` that use them.

use std::{
    collections::BTreeSet,
    fs,
    net::TcpListener,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use infra::testing::TestDatabase;
use reqwest::{Method, Response};
use sea_orm::{ConnectionTrait, DbBackend};
use serde_json::{Value, json};

use crate::support::{Service, read};

const ANY_PORT: (&str, &str) = ("METRICS_ADDRESS", "127.0.0.1:0");

/// A response from the metrics address in the log.
async fn get(service: &Service, path: &str) -> Response {
    let line = service.wait_for_log(|line| line.contains("metrics are at"));
    let address = &line[line.find("127.0.0.1:").unwrap()..];
    let address = address.split(['"', ' ']).next().unwrap();
    reqwest::get(format!("http://{address}{path}")).await.unwrap()
}

async fn metrics(service: &Service) -> String {
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
    assert!(metrics(&service).await.contains("\ntasks_api_validation_gaps_total 0\n"));

    forbid_titles(database, "private").await;
    let (status, body) = create().await;

    assert_eq!((status.as_u16(), &body["error"]["code"]), (500, &json!("INTERNAL_ERROR")));
    assert!(metrics(&service).await.contains("\ntasks_api_validation_gaps_total 1\n"));
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
    let lines = metrics(&service).await;
    for line in [r#"{check="database"} 1"#, r#"{check="migrations"} 1"#, r#"{check="key_set"} 0"#] {
        assert!(lines.contains(&format!("tasks_api_ready{line}\n")), "{lines}");
    }

    connection.execute_unprepared("ALTER TABLE tasks RENAME TO elsewhere").await.unwrap();
    let table = json!({ "field": "database", "message": "is not as it must be" });
    assert_eq!(failing().await, json!([table, keys]));
}

/// Answers every request with a key set.
fn serve_key_set() -> String {
    use std::io::{Read, Write};

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    // The key of RFC 8037, appendix A.
    let keys =
        r#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"1","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
    thread::spawn(move || {
        for mut connection in listener.incoming().map_while(Result::ok) {
            let _ = connection.read(&mut [0; 4096]);
            let _ = write!(connection, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{keys}", keys.len());
        }
    });
    address
}

/// All metrics, after at least one event for each.
async fn printed() -> String {
    let database = TestDatabase::sqlite().await;
    let key_set = serve_key_set();
    let service = Service::with(&database, &[ANY_PORT, ("BETTER_AUTH_URL", &key_set)]);
    service.request("alice", Method::GET, "/api/tasks").send().await.unwrap();
    service.anonymous(Method::GET, "/api/tasks").send().await.unwrap();
    let begin = Instant::now();
    loop {
        let lines = metrics(&service).await;
        if lines.contains("key_set_age") {
            return lines.lines().filter(|line| !line.starts_with('#')).collect::<Vec<_>>().join("\n");
        }
        assert!(begin.elapsed() < Duration::from_secs(30), "the key set is not fetched: {:?}", service.log());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// The names in an expression or in a line of metrics: every identifier outside of quotes.
fn names(expression: &str) -> Vec<String> {
    let unquoted: String = expression.split('"').step_by(2).collect::<Vec<_>>().join(" ");
    let is_part = |c: char| c.is_ascii_alphanumeric() || "_:$".contains(c);
    unquoted
        .split(|c| !is_part(c))
        .filter(|word| word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_'))
        .map(str::to_owned)
        .collect()
}

/// The labels that an expression selects by value, as `name="value"`. The label `job` is left out: Prometheus sets it.
fn selected(expression: &str) -> Vec<String> {
    let quoted: Vec<&str> = expression.split('"').collect();
    let pairs = quoted.chunks_exact(2).filter_map(|pair| {
        let name = pair[0].strip_suffix('=')?.rsplit(|c: char| !c.is_ascii_alphanumeric() && c != '_').next()?;
        (name != "job").then(|| format!("{name}=\"{}\"", pair[1]))
    });
    pairs.collect()
}

/// Names of the query language, and labels that Prometheus adds to every metric.
const PROMETHEUS: [&str; 18] = [
    "by",
    "changes",
    "group_left",
    "histogram_quantile",
    "increase",
    "instance",
    "job",
    "label_values",
    "max",
    "min",
    "min_over_time",
    "on",
    "or",
    "rate",
    "sum",
    "time",
    "up",
    "vector",
];

fn repository() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

struct Alert {
    expression: String,
    summary: String,
    runbook: String,
}

fn alerts() -> Vec<Alert> {
    let text = fs::read_to_string(repository().join("deploy/prometheus/alerts.yml")).unwrap();
    let rules: Vec<&str> = text.split("- alert: ").skip(1).collect();
    let value = |rule: &str, key: &str| {
        let line = rule.lines().find_map(|line| line.trim().strip_prefix(key)?.strip_prefix(": "));
        line.unwrap_or_else(|| panic!("no {key}: {rule}")).to_owned()
    };
    let alert = |rule| Alert {
        expression: value(rule, "expr"),
        summary: value(rule, "summary"),
        runbook: value(rule, "runbook"),
    };
    rules.into_iter().map(alert).collect()
}

/// The texts under these keys, anywhere in the dashboard.
fn dashboard(wanted: &[&str]) -> Vec<String> {
    fn collect(value: &Value, wanted: &[&str], found: &mut Vec<String>) {
        match value {
            Value::Object(members) => {
                for (key, member) in members {
                    match member.as_str() {
                        Some(text) if wanted.contains(&key.as_str()) => found.push(text.to_owned()),
                        _ => collect(member, wanted, found),
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| collect(item, wanted, found)),
            _ => {}
        }
    }
    let text = fs::read_to_string(repository().join("deploy/grafana/tasks-api.json")).unwrap();
    let mut found = Vec::new();
    collect(&serde_json::from_str(&text).unwrap(), wanted, &mut found);
    found
}

/// The names of labels in a text that shows their values. Each follows this mark.
fn shown_labels(text: &str, mark: &str) -> Vec<String> {
    text.split(mark).skip(1).filter_map(|rest| names(rest).into_iter().next()).collect()
}

#[tokio::test]
async fn the_dashboard_and_the_alerts_use_existing_metrics() {
    let lines = printed().await;
    let printed: BTreeSet<String> = names(&lines).into_iter().collect();
    let mut used = Vec::new();
    for alert in alerts() {
        used.extend(shown_labels(&alert.summary, "$labels."));
    }
    for expression in
        dashboard(&["expr", "definition"]).into_iter().chain(alerts().into_iter().map(|alert| alert.expression))
    {
        used.extend(names(&expression));
        for selected in selected(&expression) {
            assert!(lines.contains(&selected), "no metric has {selected}: {expression}");
        }
    }
    for legend in dashboard(&["legendFormat"]) {
        used.extend(shown_labels(&legend, "{{"));
    }

    assert!(used.len() > 100, "{used:?}");
    for name in used {
        assert!(printed.contains(&name) || PROMETHEUS.contains(&&*name), "neither a metric nor a label: {name}");
    }
}

#[test]
fn every_alert_has_a_runbook() {
    let text = fs::read_to_string(repository().join("docs/operations.md")).unwrap();
    let headings: Vec<String> =
        text.lines().filter_map(|line| line.strip_prefix("### ")).map(str::to_lowercase).collect();

    for Alert { runbook, .. } in alerts() {
        let anchor = runbook.strip_prefix("docs/operations.md#").unwrap_or_else(|| panic!("{runbook}"));
        assert!(headings.iter().any(|heading| heading == anchor), "no section for {runbook}");
    }
}
