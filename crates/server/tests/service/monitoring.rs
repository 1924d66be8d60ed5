//! The dashboard and the alerts under `deploy/`: what they name exists.

use std::{
    collections::BTreeSet,
    fs,
    net::TcpListener,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use infra::testing::TestDatabase;
use reqwest::Method;
use serde_json::Value;

use crate::{
    metrics::{ANY_PORT, scrape},
    support::Service,
};

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
        let lines = scrape(&service).await;
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
