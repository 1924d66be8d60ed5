//! Input that is known to break services. Both databases must give the same answers.

use infra::testing::TestDatabase;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Service, read};

crate::on_both_databases!(
    titles_are_stored_trimmed_or_rejected,
    descriptions_are_stored_unchanged_or_rejected,
    bodies_are_accepted_or_rejected,
    hostile_paths_and_queries_reach_nothing,
);

/// Text that is accepted unchanged in every text field.
const TAKEN: [&str; 34] = [
    "0",
    "null",
    "undefined",
    "NaN",
    "true",
    "-1.5e300",
    "=cmd|' /C calc'!A0",
    "'; DROP TABLE tasks; --",
    "\" OR \"\"=\"",
    "$1 ? :id %s {0} ${jndi:ldap://x}",
    "%_\\%",
    "<script>alert(1)</script>",
    "../../etc/passwd",
    "__proto__",
    "C:\\new\\table",
    "{\"title\":\"nested\"}",
    "é",
    "e\u{301}",
    "ｆｕｌｌ",
    "Ω≈ç√∫˜µ≤≥÷",
    "田中さんにあげて下さい",
    "مُنَاقَشَةُ",
    "\u{202E}right to left\u{202C}",
    "\u{2066}isolated\u{2069}",
    "👩‍👩‍👧‍👦",
    "🏴󠁧󠁢󠁥󠁮󠁧󠁿",
    "Z̮̞̠͙͔ͅḀ̗̞͈̻̗Ḷ͙͎̯̹̞͓G̻O̭̗̮",
    "\u{200B}zero width\u{FEFF}",
    "noncharacter \u{FFFF} \u{FDD0} \u{1FFFE}",
    "\u{10FFFF}",
    "private use \u{E000}",
    "line\u{2028}separator\u{2029}x",
    "a\u{3000}b\u{A0}c",
    "İıßﬀŉ",
];

async fn create(service: &Service, body: &Value) -> (u16, Value) {
    let request = service.request("alice", Method::POST, "/api/tasks").json(body);
    let (status, body) = read(request.send().await.unwrap()).await;
    (status.as_u16(), body)
}

async fn titles_are_stored_trimmed_or_rejected(database: &TestDatabase) {
    let service = Service::on(database);
    for text in TAKEN {
        let (status, body) = create(&service, &json!({ "title": text })).await;
        assert_eq!((status, &body["data"]["title"]), (201, &json!(text)), "{text:?}");
        let path = format!("/api/tasks/{}", body["data"]["id"].as_str().unwrap());
        let (_, found) = read(service.request("alice", Method::GET, &path).send().await.unwrap()).await;
        assert_eq!(found, body, "{text:?}");
        let changed =
            service.request("alice", Method::PATCH, &path).json(&json!({ "title": text })).send().await.unwrap();
        assert_eq!(read(changed).await.1["data"]["title"], text);
    }
    for (sent, kept) in [(" x ", "x"), ("\u{3000}x\u{A0}\u{2028}", "x"), ("\r\n\tx\n", "x"), ("\u{85}x", "x")] {
        let (status, body) = create(&service, &json!({ "title": sent })).await;
        assert_eq!((status, &body["data"]["title"]), (201, &json!(kept)), "{sent:?}");
    }
    let long = "x".repeat(501);
    let wide = "😀".repeat(501);
    for text in [
        "",
        " ",
        "\t\n",
        "\u{3000}",
        "a\0b",
        "\0",
        "a\nb",
        "a\u{1b}[31mb",
        "\u{7f}x",
        "a\u{85}b",
        "\u{9f}x",
        "\u{200B}",
        "\u{FEFF}",
        "\u{3164}",
        "\u{2800}\u{200D}",
        &long,
        &wide,
    ] {
        let (status, body) = create(&service, &json!({ "title": text })).await;
        assert_eq!((status, &body["error"]["details"][0]["field"]), (422, &json!("title")), "{text:?}");
    }
    for value in [json!(null), json!(7), json!(true), json!([]), json!(["x"]), json!({})] {
        let (status, body) = create(&service, &json!({ "title": value })).await;
        assert_eq!((status, &body["error"]["message"]), (422, &json!("title must be a string")));
    }
}

async fn descriptions_are_stored_unchanged_or_rejected(database: &TestDatabase) {
    let service = Service::on(database);
    let long = "水".repeat(10_000);
    let own = ["", " ", "  kept  ", "\n", "a\r\nb\tc\n", "\u{200B}", "\u{FEFF}", &long];
    for text in TAKEN.into_iter().chain(own) {
        let (status, body) = create(&service, &json!({ "title": "x", "description": text })).await;
        assert_eq!((status, &body["data"]["description"]), (201, &json!(text)), "{text:?}");
    }
    let too_long = "x".repeat(10_001);
    for text in ["\0", "a\u{8}b", "\u{b}", "\u{1b}", "\u{7f}", "\u{85}", &too_long] {
        let (status, body) = create(&service, &json!({ "title": "x", "description": text })).await;
        assert_eq!((status, &body["error"]["details"][0]["field"]), (422, &json!("description")), "{text:?}");
    }
}

async fn bodies_are_accepted_or_rejected(database: &TestDatabase) {
    let service = Service::on(database);
    let deep = |depth: usize| format!(r#"{{"title":"x","id":{}{}}}"#, "[".repeat(depth), "]".repeat(depth));
    let many = format!(r#"{{"title":"x","id":[{}0]}}"#, "0,".repeat(20_000));
    let cases = [
        (r#"{"title":"x","version":9223372036854775808}"#.to_owned(), 201, ""),
        (r#"{"title":"x","created_at":"9999-12-31T23:59:59.999999999-23:59"}"#.to_owned(), 201, ""),
        (r#"{"title":"x","id":{"$ne":null},"user_id":["bob"],"version":-0}"#.to_owned(), 201, ""),
        (deep(100), 201, ""),
        (many, 201, ""),
        (deep(128), 400, "INVALID_JSON"),
        (deep(30_000), 400, "INVALID_JSON"),
        (r#"{"title":"x","version":1e400}"#.to_owned(), 400, "INVALID_JSON"),
        (r#"["x",true]"#.to_owned(), 400, "INVALID_JSON"),
        (r#"{"title":"\ud800"}"#.to_owned(), 400, "INVALID_JSON"),
        (r#"{"title":"x","title":"y"}"#.to_owned(), 400, "INVALID_JSON"),
        (r#"{"title":"x","completed":1.0}"#.to_owned(), 422, "VALIDATION_ERROR"),
        (r#"{"title":"x","completed":null}"#.to_owned(), 422, "VALIDATION_ERROR"),
        (r#"{"title":"x","__proto__":{}}"#.to_owned(), 422, "VALIDATION_ERROR"),
        (r#"{"title":"x","is_admin":true}"#.to_owned(), 422, "VALIDATION_ERROR"),
        (r#"{"Title":"x"}"#.to_owned(), 422, "VALIDATION_ERROR"),
        (format!(r#"{{"title":"{}"}}"#, "x".repeat(70_000)), 413, "PAYLOAD_TOO_LARGE"),
    ];
    for (body, expected, code) in cases {
        let request = service.request("alice", Method::POST, "/api/tasks").header("content-type", "application/json");
        let (status, answer) = read(request.body(body.clone()).send().await.unwrap()).await;
        let shown = &body[..body.len().min(80)];
        assert_eq!((status.as_u16(), answer["error"]["code"].as_str().unwrap_or("")), (expected, code), "{shown}");
    }
    let (_, list) = read(service.request("bob", Method::GET, "/api/tasks").send().await.unwrap()).await;
    assert_eq!(list["data"], json!([]), "nothing that was sent made a task of Bob's");
}

async fn hostile_paths_and_queries_reach_nothing(database: &TestDatabase) {
    let service = Service::on(database);
    let (_, task) = create(&service, &json!({ "title": "x" })).await;
    let id = task["data"]["id"].as_str().unwrap();
    let zero = "00000000-0000-0000-0000-000000000000";
    let all = "ffffffff-ffff-ffff-ffff-ffffffffffff";
    let simple = id.replace('-', "");
    let cases = [
        (format!("/api/tasks/{zero}"), 404),
        (format!("/api/tasks/{all}"), 404),
        (format!("/api/tasks/{simple}"), 404),
        (format!("/api/tasks/%7B{id}%7D"), 404),
        (format!("/api/tasks/urn:uuid:{id}"), 404),
        (format!("/api/tasks/{id}%00"), 404),
        (format!("/api/tasks/{id}%20"), 404),
        ("/api/tasks/%ff".to_owned(), 404),
        ("/api/tasks/1%20OR%201=1".to_owned(), 404),
        ("/api/tasks/..%2f..%2fetc%2fpasswd".to_owned(), 404),
        (format!("/api/tasks/{id}/complete/x"), 404),
        (format!("/api/alice/../bob/tasks/{id}"), 403),
        (format!("/api/alice%2F..%2Fbob/tasks/{id}"), 403),
        (format!("/api/%61lice/tasks/{id}"), 200),
        (format!("/api/alice/tasks/{id}?user_id=bob"), 200),
        ("/api/tasks?limit=1000000000".to_owned(), 422),
        ("/api/tasks?limit=9223372036854775808".to_owned(), 422),
        ("/api/tasks?cursor=%00".to_owned(), 422),
        ("/api/tasks?cursor=' OR 1=1 --".to_owned(), 422),
        ("/api/tasks?completed=true%00".to_owned(), 422),
        ("/api/tasks?%ff=%ff".to_owned(), 422),
        ("/api/tasks?user_id=bob".to_owned(), 422),
        ("/api/tasks?&&".to_owned(), 200),
    ];
    for (path, expected) in cases {
        let (status, body) = read(service.request("alice", Method::GET, &path).send().await.unwrap()).await;
        assert_eq!(status.as_u16(), expected, "{path}: {body}");
        if expected != 200 {
            assert!(body["error"]["code"].is_string(), "{path}: {body}");
        }
    }
}
