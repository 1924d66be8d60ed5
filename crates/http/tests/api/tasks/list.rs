use actix_web::http::Method;
use http::testing::{Client, Running, TestApp, is};
use serde_json::{Value, json};

use super::BOTH_STYLES;

/// Creates tasks titled 1 to `count`; the even ones are completed.
async fn make(app: &Running<impl Client>, count: u32) {
    for number in 1..=count {
        let body = json!({ "title": number.to_string(), "completed": number % 2 == 0 }).to_string();
        assert_eq!(app.alice(Method::POST, "/api/tasks").json(body).send().await.status, 201);
    }
}

fn titles(page: &Value) -> Vec<&str> {
    page["data"].as_array().unwrap().iter().map(|task| task["title"].as_str().unwrap()).collect()
}

#[actix_web::test]
async fn a_list_without_a_limit_is_whole_and_newest_first() {
    for base in BOTH_STYLES {
        let app = TestApp::new().start().await;
        make(&app, 3).await;

        let page = app.alice(Method::GET, base).send().await.json();

        assert_eq!(titles(&page), ["3", "2", "1"]);
        assert_eq!(page["meta"], json!({ "limit": 1000, "has_more": false, "next_cursor": null }));
    }
}

#[actix_web::test]
async fn cursors_lead_through_all_pages() {
    let app = TestApp::new().start().await;
    make(&app, 5).await;
    let mut seen = Vec::new();
    let mut path = "/api/tasks?limit=2".to_owned();
    loop {
        let page = app.alice(Method::GET, &path).send().await.json();
        seen.push(titles(&page).join(","));
        let Some(cursor) = page["meta"]["next_cursor"].as_str() else {
            assert_eq!(page["meta"]["has_more"], false);
            break;
        };
        assert_eq!(page["meta"]["has_more"], true);
        path = format!("/api/tasks?limit=2&cursor={cursor}");
    }
    assert_eq!(seen, ["5,4", "3,2", "1"]);
}

#[actix_web::test]
async fn both_names_of_the_filter_work() {
    let app = TestApp::new().start().await;
    make(&app, 4).await;
    let cases = [
        ("completed=true", ["4", "2"].as_slice()),
        ("completed=false", &["3", "1"]),
        ("status=completed", &["4", "2"]),
        ("status=pending", &["3", "1"]),
        ("status=all", &["4", "3", "2", "1"]),
        ("status=pending&completed=false", &["3", "1"]),
        ("completed=true&limit=1", &["4"]),
    ];
    for (query, expected) in cases {
        let page = app.alice(Method::GET, &format!("/api/tasks?{query}")).send().await.json();
        assert_eq!(titles(&page), expected, "{query}");
    }
}

#[actix_web::test]
async fn a_malformed_query_is_rejected() {
    let app = TestApp::new().start().await;
    let cases = [
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("limit=-1", "limit"),
        ("limit=1e1", "limit"),
        ("limit=%2B5", "limit"),
        ("limit=", "limit"),
        ("limit=99999999999999999999", "limit"),
        ("limit=5&limit=5", "limit"),
        ("cursor=", "cursor"),
        ("cursor=nonsense", "cursor"),
        ("cursor=AAAAAAAAAAAAAAAAAAAAAAAAAAA", "cursor"),
        ("completed=yes", "completed"),
        ("completed=TRUE", "completed"),
        ("status=done", "status"),
        ("status=completed&completed=false", "status"),
        ("status=all&completed=true", "status"),
        ("user_id=bob", "user_id"),
        ("Limit=5", "Limit"),
        ("limit[]=5", "limit[]"),
        ("=", ""),
    ];
    for (base, status) in [("/api/tasks", 422), ("/api/alice/tasks", 400)] {
        for (query, field) in cases {
            let answer = app.alice(Method::GET, &format!("{base}?{query}")).send().await;
            assert_eq!(answer.outcome(), is(status, "VALIDATION_ERROR"), "{query}");
            assert_eq!(answer.json()["error"]["details"][0]["field"], field, "{query}");
        }
    }
}

#[actix_web::test]
async fn a_cursor_of_another_user_shows_none_of_their_tasks() {
    let app = TestApp::new().start().await;
    make(&app, 3).await;
    let page = app.alice(Method::GET, "/api/tasks?limit=1").send().await.json();
    let cursor = page["meta"]["next_cursor"].as_str().unwrap();

    let bobs = app.bob(Method::GET, &format!("/api/tasks?cursor={cursor}")).send().await;

    assert_eq!(bobs.json()["data"], json!([]));
}
