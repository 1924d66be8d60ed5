use actix_web::http::Method;
use http::testing::{TestApp, is};
use serde_json::json;

use super::BOTH_STYLES;

/// Every endpoint that changes a task, with a body if needed.
const CHANGES: [(Method, &str, &str); 4] = [
    (Method::PUT, "", r#"{"title":"Buy wine"}"#),
    (Method::PATCH, "", r#"{"title":"Buy wine"}"#),
    (Method::PATCH, "/complete", "{}"),
    (Method::DELETE, "", ""),
];

#[actix_web::test]
async fn responses_with_one_task_have_its_version_as_etag() {
    let app = TestApp::new().start().await;
    let created = app.alice(Method::POST, "/api/tasks").json(r#"{"title":"x"}"#).send().await;
    assert_eq!(created.header("etag"), Some("\"1\""));
    let path = created.header("location").unwrap();
    for (method, suffix, body) in &CHANGES[..3] {
        let changed = app.alice(method.clone(), &format!("{path}{suffix}")).json(*body).send().await;
        let version = changed.json()["data"]["version"].to_string();
        assert_eq!(changed.header("etag"), Some(format!("\"{version}\"").as_str()));
        assert_eq!(app.alice(Method::GET, path).send().await.header("etag"), changed.header("etag"));
    }
}

#[actix_web::test]
async fn a_matching_if_match_lets_the_change_take_place() {
    for base in BOTH_STYLES {
        for (method, suffix, body) in &CHANGES {
            for tag in
                ["\"1\"", "\"7\", \"1\"", "\"7,\" ,,\"1\"", "*", "1", "W/\"1\"", "\"1-gzip\"", "W/\"7\", W/\"1--br\""]
            {
                let app = TestApp::new().start().await;
                let path = format!("{base}/{}{suffix}", app.task_of_alice().await);
                let answer = app.alice(method.clone(), &path).header("if-match", tag).json(*body).send().await;
                assert!(answer.status.is_success(), "{method} {path} if {tag}: {answer:?}");
            }
        }
    }
}

#[actix_web::test]
async fn a_stale_if_match_is_412_with_the_current_task() {
    for base in BOTH_STYLES {
        for (method, suffix, body) in &CHANGES {
            let app = TestApp::new().start().await;
            let path = format!("{base}/{}", app.task_of_alice().await);
            let current = app.alice(Method::PATCH, &path).json(r#"{"description":"new"}"#).send().await.json();
            for tag in ["\"1\"", "\"3\"", "W/\"1\"", "\"2-1\"", "02", "\"nonsense\""] {
                let request = app.alice(method.clone(), &format!("{path}{suffix}")).header("if-match", tag);
                let answer = request.json(*body).send().await;
                assert_eq!(answer.outcome(), is(412, "VERSION_CONFLICT"), "{method} {path} if {tag}");
                assert_eq!(answer.json()["error"]["current"], current["data"]);
                assert_eq!(answer.header("etag"), Some("\"2\""));
            }
            assert_eq!(app.alice(Method::GET, &path).send().await.json(), current, "nothing was changed");
        }
    }
}

#[actix_web::test]
async fn a_conflict_does_not_show_tasks_of_other_users() {
    let app = TestApp::new().start().await;
    let id = app.task_of_alice().await;
    for (method, suffix, body) in &CHANGES {
        for tag in ["\"1\"", "\"7\"", "*"] {
            let request = app.bob(method.clone(), &format!("/api/tasks/{id}{suffix}")).header("if-match", tag);
            assert_eq!(request.json(*body).send().await.outcome(), is(404, "NOT_FOUND"), "{method} if {tag}");
        }
    }
}

#[actix_web::test]
async fn a_malformed_if_match_is_rejected() {
    let app = TestApp::new().start().await;
    let id = app.task_of_alice().await;
    for (base, status) in [("/api/tasks", 422), ("/api/alice/tasks", 400)] {
        for tag in ["v1", "\"1", "", "1 2", "\"1\", v2", "\"1\" \"2\"", "*, \"1\"", ","] {
            let request = app.alice(Method::DELETE, &format!("{base}/{id}")).header("if-match", tag);
            assert_eq!(request.send().await.outcome(), is(status, "VALIDATION_ERROR"), "{tag}");
        }
    }
}

#[actix_web::test]
async fn a_change_only_of_what_does_not_exist_is_412() {
    let app = TestApp::new().start().await;
    let path = format!("/api/tasks/{}", app.task_of_alice().await);
    for (method, suffix, body) in &CHANGES {
        for if_match in ["\"1\"", "*"] {
            let request = app.alice(method.clone(), &format!("{path}{suffix}")).header("if-none-match", "*");
            let answer = request.header("if-match", if_match).json(*body).send().await;
            assert_eq!(answer.outcome(), is(412, "VERSION_CONFLICT"), "{method}{suffix}");
        }
        let missing = "/api/tasks/00000000-0000-7000-8000-00000000ffff";
        let request = app.alice(method.clone(), &format!("{missing}{suffix}")).header("if-none-match", "*");
        assert_eq!(request.json(*body).send().await.outcome(), is(404, "NOT_FOUND"), "{method}{suffix}");
    }
    assert_eq!(app.alice(Method::GET, &path).send().await.header("etag"), Some("\"1\""));
}

#[actix_web::test]
async fn a_change_of_a_version_in_if_none_match_is_412() {
    for base in BOTH_STYLES {
        for (method, suffix, body) in &CHANGES {
            let app = TestApp::new().start().await;
            let path = format!("{base}/{}{suffix}", app.task_of_alice().await);
            let change = async |if_match: &str, if_none_match: &str| {
                let request = app.alice(method.clone(), &path).header("if-none-match", if_none_match);
                let request = if if_match.is_empty() { request } else { request.header("if-match", if_match) };
                request.json(*body).send().await
            };
            for (if_match, if_none_match) in
                [("", "\"1\""), ("", "\"7\", W/\"1-gzip\""), ("*", "\"1\""), ("\"1\", \"2\"", "\"1\"")]
            {
                let answer = change(if_match, if_none_match).await;
                assert_eq!(answer.outcome(), is(412, "VERSION_CONFLICT"), "{method} {path} if not {if_none_match}");
                assert_eq!(answer.json()["error"]["current"]["version"], 1);
            }
            let malformed = change("", "v1").await.json();
            assert_eq!(malformed["error"]["code"], "VALIDATION_ERROR", "{malformed}");
            assert!(malformed["error"]["message"].to_string().contains("If-None-Match must be "), "{malformed}");

            let answer = change("\"1\"", "\"2\", \"nonsense\"").await;
            assert!(answer.status.is_success(), "{method} {path}: {answer:?}");
        }
    }
}

#[actix_web::test]
async fn an_unchanged_resource_is_304() {
    let app = TestApp::new().start().await;
    let task = format!("/api/tasks/{}", app.task_of_alice().await);
    for path in [task.as_str(), "/api/tasks", "/api/alice/tasks?limit=1"] {
        let tag = app.alice(Method::GET, path).send().await.header("etag").unwrap().to_owned();
        let weakened = format!("W/{}-gzip\"", tag.trim_start_matches("W/").trim_end_matches('"'));
        for known in [tag.clone(), format!("\"x\", {tag}"), weakened, tag.replace('"', ""), "*".to_owned()] {
            let answer = app.alice(Method::GET, path).header("if-none-match", &known).send().await;
            assert_eq!((answer.status.as_u16(), answer.bytes.len()), (304, 0), "{path} {known}");
            assert_eq!(answer.header("etag"), Some(tag.as_str()));
        }
        for other in ["\"x\"", "nonsense", ""] {
            let answer = app.alice(Method::GET, path).header("if-none-match", other).send().await;
            assert_eq!(answer.status, 200, "{path} {other}");
        }
        app.alice(Method::PATCH, &task).json(r#"{"title":"y"}"#).send().await;
        let answer = app.alice(Method::GET, path).header("if-none-match", &tag).send().await;
        assert_eq!(answer.status, 200, "{path} after a change");
    }
}

#[actix_web::test]
async fn the_etag_of_a_list_changes_with_its_tasks() {
    let app = TestApp::new().start().await;
    let mut tags = vec![app.alice(Method::GET, "/api/tasks").send().await.header("etag").unwrap().to_owned()];
    let first = app.task_of_alice().await;
    app.task_of_alice().await;
    let steps = [
        (Method::GET, "/api/tasks".to_owned()),
        (Method::PATCH, format!("/api/tasks/{first}/complete")),
        (Method::DELETE, format!("/api/tasks/{first}")),
    ];
    for (method, path) in steps {
        app.alice(method, &path).send().await;
        tags.push(app.alice(Method::GET, "/api/tasks").send().await.header("etag").unwrap().to_owned());
    }
    let mut distinct = tags.clone();
    distinct.sort();
    distinct.dedup();
    assert_eq!(distinct.len(), tags.len(), "{tags:?}");
    let empty = app.bob(Method::GET, "/api/tasks").send().await;
    assert_eq!((empty.json()["data"].clone(), empty.header("etag")), (json!([]), Some(tags[0].as_str())));
}
