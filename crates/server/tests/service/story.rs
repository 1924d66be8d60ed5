//! A user's story, from the first start to the second.

use infra::testing::TestDatabase;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{SECRET, Service, program, read};

crate::on_both_databases!(two_users_work_without_seeing_each_other, data_survives_a_restart);

async fn two_users_work_without_seeing_each_other(database: &TestDatabase) {
    let service = Service::on(database);
    let send = async |user: &str, method: Method, path: &str, body: Value| {
        let (status, body) = read(service.request(user, method, path).json(&body).send().await.unwrap()).await;
        (status.as_u16(), body)
    };

    let (status, created) = send("alice", Method::POST, "/api/tasks", json!({ "title": "Buy groceries" })).await;
    assert_eq!(status, 201);
    let id = created["data"]["id"].as_str().unwrap().to_owned();
    let (status, _) = send("bob", Method::POST, "/api/bob/tasks", json!({ "title": "Sleep" })).await;
    assert_eq!(status, 201);

    for base in ["/api/tasks", "/api/alice/tasks"] {
        let (status, list) = send("alice", Method::GET, base, Value::Null).await;
        assert_eq!((status, list["data"].as_array().unwrap().len()), (200, 1));
        assert_eq!(list["data"][0]["id"], created["data"]["id"]);
        let task = format!("{base}/{id}");
        assert_eq!(send("alice", Method::PATCH, &format!("{task}/complete"), json!({})).await.0, 200);
        assert_eq!(
            send("alice", Method::PUT, &task, json!({ "description": "Milk" })).await.1["data"]["description"],
            "Milk"
        );
        assert_eq!(send("alice", Method::PATCH, &task, json!({ "description": null })).await.0, 200);
        assert_eq!(
            send("alice", Method::PATCH, &format!("{task}/complete"), json!({ "completed": false })).await.0,
            200
        );
        let (_, mut now) = send("alice", Method::GET, &task, Value::Null).await;
        assert_eq!(now["data"]["version"], json!(if base == "/api/tasks" { 5 } else { 9 }));
        now["data"]["version"] = json!(1);
        now["data"]["updated_at"] = created["data"]["updated_at"].clone();
        assert_eq!(now["data"], created["data"]);
    }

    for method in [Method::GET, Method::DELETE] {
        assert_eq!(send("bob", method.clone(), &format!("/api/tasks/{id}"), Value::Null).await.0, 404);
        assert_eq!(send("bob", method, &format!("/api/alice/tasks/{id}"), Value::Null).await.0, 403);
    }
    assert_eq!(send("alice", Method::DELETE, &format!("/api/tasks/{id}"), Value::Null).await, (204, Value::Null));
    assert_eq!(send("alice", Method::DELETE, &format!("/api/tasks/{id}"), Value::Null).await.0, 404);
}

async fn data_survives_a_restart(database: &TestDatabase) {
    let first = Service::on(database);
    let task =
        first.request("alice", Method::POST, "/api/tasks").json(&json!({ "title": "Stay" })).send().await.unwrap();
    let (_, task) = read(task).await;
    first.stop();

    let second = Service::on(database);
    let (_, list) = read(second.request("alice", Method::GET, "/api/tasks").send().await.unwrap()).await;

    assert_eq!(list["data"], json!([task["data"]]));
}

/// A newcomer's steps: start, paste the printed command, start again.
#[test]
fn the_printed_command_works_and_data_survives_a_restart() {
    use std::io::Read;

    let directory = tempfile::tempdir().unwrap();
    let mut answers = Vec::new();
    for _start in 0..2 {
        let mut child = program(&directory, &[]).spawn().unwrap();
        let mut greeting = String::new();
        let mut output = child.stdout.take().unwrap();
        while !greeting.ends_with("'\n\n") {
            let mut byte = [0];
            assert_eq!(output.read(&mut byte).unwrap(), 1, "{greeting}");
            greeting.push(byte[0].into());
        }
        let (listening, curl) = (greeting.find("listening"), greeting.find("curl"));
        assert!(listening.is_some() && listening < curl, "the log comes first: {greeting}");
        let command = greeting[curl.unwrap()..].replace("curl", "curl -sS");
        answers.push(answer_to(&command));
        if answers.len() == 2 {
            let list: String = command.lines().filter(|line| !line.contains("-d '")).collect::<Vec<_>>().join("\n");
            answers.push(answer_to(&list));
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }
    assert_eq!(answers[0]["data"]["title"], "Buy groceries");
    assert_eq!(answers[2]["data"], json!([answers[1]["data"], answers[0]["data"]]));
}

fn answer_to(command: &str) -> Value {
    let output = std::process::Command::new("sh").args(["-c", command]).output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{command}: {output:?}"))
}

#[test]
fn the_token_command_signs_the_claims_in_its_arguments() {
    let directory = tempfile::tempdir().unwrap();
    let print = |arguments: &[&str]| {
        let output =
            program(&directory, &[("BETTER_AUTH_SECRET", SECRET)]).arg("token").args(arguments).output().unwrap();
        (output.status.success(), String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
    };

    let (success, token, _) =
        print(&["--user", "u1", "--name", "Ada", "--email", "ada@example.test", "--expires-in", "2h"]);
    assert!(success);
    let claims = base64_json(token.split('.').nth(1).unwrap());
    assert_eq!(
        (&claims["sub"], &claims["name"], &claims["email"]),
        (&json!("u1"), &json!("Ada"), &json!("ada@example.test"))
    );
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 7200);

    assert_eq!(
        print(&["--user", ""]),
        (false, String::new(), "tasks-api: --user must be 1 to 255 printable ASCII characters\n".to_owned())
    );
    assert!(!print(&["--user", "u1", "--expires-in", "soon"]).0);
}

fn base64_json(text: &str) -> Value {
    use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(text).unwrap()).unwrap()
}
