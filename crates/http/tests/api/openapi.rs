//! The OpenAPI document and the page that shows it.

use std::{collections::BTreeSet, fs, path::Path};

use actix_web::http::Method;
use http::{ErrorCode, PublicPath, Style, endpoints, testing::TestApp};
use serde_json::{Value, json};

fn openapi_document() -> Value {
    http::openapi_document(&PublicPath::default())
}

#[actix_web::test]
async fn the_served_document_is_the_one_in_the_repository() {
    let app = TestApp::new().start().await;
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");

    let served = app.anonymous(Method::GET, "/openapi.json").send().await.json();
    let checked_in = fs::read_to_string(&path).unwrap_or_default();

    assert!(served == openapi_document());
    assert!(checked_in == format!("{served:#}\n"), "docs/openapi.json is stale: run `just openapi`");
}

#[actix_web::test]
async fn addresses_begin_with_the_path_that_a_proxy_removes() {
    let mut test = TestApp::new();
    test.api.public_path = "/backend".parse().unwrap();
    let app = test.start().await;

    let document = app.anonymous(Method::GET, "/openapi.json").send().await.json();
    assert_eq!(document["servers"], json!([{ "url": "/backend" }]));
    for base in ["/api/tasks", "/api/alice/tasks"] {
        let created = app.alice(Method::POST, base).json(r#"{"title":"x"}"#).send().await;
        let location = created.header("location").unwrap();
        assert!(location.starts_with(&format!("/backend{base}/")), "{location}");
        let forwarded = location.trim_start_matches("/backend");
        assert_eq!(app.alice(Method::GET, forwarded).send().await.status, 200);
    }
}

#[test]
fn every_reference_has_a_target() {
    fn references(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(members) => {
                found.extend(members.get("$ref").and_then(Value::as_str).map(ToOwned::to_owned));
                members.values().for_each(|member| references(member, found));
            }
            Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            _ => {}
        }
    }
    let document = openapi_document();
    let mut found = BTreeSet::new();
    references(&document, &mut found);

    assert!(!found.is_empty());
    for reference in found {
        assert!(document.pointer(reference.trim_start_matches('#')).is_some(), "{reference}");
    }
}

#[test]
fn the_document_lists_exactly_the_routes() {
    let document = openapi_document();
    let mut documented = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys().filter(|key| *key != "parameters") {
            documented.insert(format!("{} {path}", method.to_uppercase()));
        }
    }
    let mut served: BTreeSet<String> =
        ["/health", "/health/live", "/health/ready"].map(|path| format!("GET {path}")).into();
    for style in Style::ALL {
        served.extend(endpoints().map(|e| format!("{} {}", e.method, e.full_path(style))));
    }
    assert_eq!(documented, served);
}

#[test]
fn operation_ids_are_unique() {
    let document = openapi_document();
    let operations =
        document["paths"].as_object().unwrap().values().flat_map(|item| item.as_object().unwrap().values());
    let ids: Vec<&Value> = operations.filter_map(|operation| operation.get("operationId")).collect();

    assert_eq!(ids.iter().map(|id| id.as_str()).collect::<BTreeSet<_>>().len(), ids.len());
}

#[test]
fn every_error_response_has_an_example() {
    let document = openapi_document();
    let mut used = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for operation in item.as_object().unwrap().values().filter_map(|operation| operation.get("responses")) {
            let errors = operation.as_object().unwrap().iter().filter(|(status, _)| status.as_str() >= "400");
            for (status, response) in errors {
                let reference = response["$ref"].as_str().unwrap().trim_start_matches('#');
                let response = document.pointer(reference).unwrap_or_else(|| panic!("{path} {status}: no {reference}"));
                let examples = response["content"]["application/json"]["examples"].as_object();
                assert!(examples.is_some_and(|examples| !examples.is_empty()), "{path} {status}");
                used.insert(reference.to_owned());
            }
        }
    }
    assert_eq!(
        used.len(),
        document["components"]["responses"].as_object().unwrap().len(),
        "some are never referred to"
    );
}

#[test]
fn every_parameter_of_a_path_is_documented() {
    for endpoint in endpoints() {
        let in_path: Vec<&str> = endpoint.path.split('/').filter_map(|part| part.strip_prefix('{')).collect();
        let documented: Vec<String> = endpoint.path_parameters.iter().map(|it| format!("{}}}", it.name)).collect();
        assert_eq!(in_path, documented, "{}", endpoint.name);
    }
}

#[test]
fn every_error_code_is_documented() {
    let responses = openapi_document()["components"]["responses"].to_string();
    for code in ErrorCode::ALL {
        assert!(responses.contains(&format!("\"{}\":", code.as_str())), "{}", code.as_str());
    }
}

#[actix_web::test]
async fn a_task_has_the_documented_keys() {
    let app = TestApp::new().start().await;
    let path = format!("/api/tasks/{}", app.task_of_alice().await);
    let task = app.alice(Method::GET, &path).send().await.json()["data"].take();

    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
    assert_eq!(keys(&task), keys(&openapi_document()["components"]["schemas"]["Task"]["properties"]));
}

#[actix_web::test]
async fn the_docs_page_needs_no_other_server() {
    let app = TestApp::new().start().await;

    let redirect = app.anonymous(Method::GET, "/docs").send().await;
    assert_eq!((redirect.status.as_u16(), redirect.header("location")), (308, Some("docs/")));
    let page = app.anonymous(Method::GET, "/docs/").send().await;
    let html = String::from_utf8(page.bytes).unwrap();
    assert_eq!((page.status.as_u16(), page.headers.get("content-type").unwrap().to_str().unwrap()), (200, "text/html"));
    assert!(!html.contains("//"), "{html}");
    let files = html.split('"').filter(|part| part.contains(".css") || part.contains(".js") || part.contains(".png"));
    let mut count = 0;
    for file in files {
        let path = format!("/docs/{}", file.trim_start_matches("./"));
        assert_eq!(app.anonymous(Method::GET, &path).send().await.status, 200, "{path}");
        count += 1;
    }
    assert!(count >= 4, "{html}");
    let initializer = app.anonymous(Method::GET, "/docs/swagger-initializer.js").send().await;
    assert!(String::from_utf8(initializer.bytes).unwrap().contains("/openapi.json"));
}
