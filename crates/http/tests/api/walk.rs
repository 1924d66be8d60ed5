//! Calls every registered route as clients that must be rejected.

use std::collections::BTreeSet;

use actix_web::{HttpResponse, http::Method, introspection::IntrospectionTree, test, web};
use domain::testing::bob;
use http::{
    Endpoint, Style, endpoints,
    testing::{TestApp, is, token_of},
};
use serde_json::Value;

const ABSENT: &str = "00000000-0000-7000-8000-00000000dead";

/// A valid body for the route. A route that is missing here fails the walk.
fn good_body(name: &str) -> Option<&'static str> {
    match name {
        "listTasks" | "getTask" | "deleteTask" => None,
        "createTask" | "putTask" | "patchTask" => Some(r#"{"title":"changed by the walk"}"#),
        "completeTask" => Some(r#"{"completed":true}"#),
        unknown => panic!("the walk does not know the route {unknown}: add a body"),
    }
}

/// Every route in every style: the method, the path of `owner`'s resource with this `id`, and a valid body.
fn routes(owner: &str, id: &str) -> Vec<(Method, String, Option<&'static str>)> {
    let mut routes = Vec::new();
    for style in Style::ALL {
        for endpoint in endpoints() {
            let mut path = endpoint.full_path(style).replace("{user_id}", owner);
            for parameter in endpoint.path_parameters {
                path = path.replace(&format!("{{{}}}", parameter.name), value_of(endpoint, parameter.name, id));
            }
            let body = good_body(endpoint.name);
            if endpoint.method == Method::GET {
                routes.push((Method::HEAD, path.clone(), body));
            }
            routes.push((endpoint.method.clone(), path, body));
        }
    }
    routes
}

/// The value of a path parameter. A parameter that is missing here fails the walk.
fn value_of<'a>(endpoint: &Endpoint, name: &str, task: &'a str) -> &'a str {
    match (endpoint.resource(), name) {
        ("tasks", "id") => task,
        (resource, unknown) => panic!("the walk does not know {{{unknown}}} of {resource}: add a value"),
    }
}

#[actix_web::test]
async fn every_route_is_401_without_a_valid_token() {
    let app = TestApp::new().start().await;
    let id = app.task_of_alice().await;
    let mut routes = routes("alice", &id);
    for (method, path) in [
        (Method::GET, "/api"),
        (Method::GET, "/api/nothing"),
        (Method::POST, "/api/tasks/x/y/z"),
        (Method::PUT, "/api/tasks"),
        (Method::OPTIONS, "/api/tasks"),
    ] {
        routes.push((method, path.to_owned(), Some("not even JSON")));
    }
    let forged = token_of(&bob()).replace('.', ".A");
    for (method, path, body) in routes {
        for token in [None, Some("Bearer nonsense"), Some(&*format!("Bearer {forged}")), Some("Basic YTpi")] {
            let mut request = app.anonymous(method.clone(), &path).header("x-request-id", "walk");
            if let Some(token) = token {
                request = request.header("authorization", token);
            }
            if let Some(body) = body {
                request = request.json(body);
            }
            let answer = request.send().await;
            assert_eq!(answer.outcome(), is(401, "UNAUTHORIZED"), "{method} {path} with {token:?}");
            assert!(answer.header("www-authenticate").unwrap().starts_with("Bearer"), "{method} {path}");
        }
    }
}

#[actix_web::test]
async fn every_route_is_404_for_the_task_of_another_user() {
    let app = TestApp::new().start().await;
    let id = app.task_of_alice().await;
    let path_of_task = format!("/api/tasks/{id}");
    let before = app.alice(Method::GET, &path_of_task).send().await.json();

    for (method, path, body) in routes("bob", &id) {
        let request = |path: &str| {
            let request = app.bob(method.clone(), path).header("x-request-id", "walk");
            if let Some(body) = body { request.json(body) } else { request }
        };
        let answer = request(&path).send().await;

        if path.contains(&id) {
            assert_eq!(answer.outcome(), is(404, "NOT_FOUND"), "{method} {path}");
            let absent = request(&path.replace(&id, ABSENT)).send().await;
            assert_eq!(answer.bytes, absent.bytes, "{method} {path} distinguishes Alice's task from a missing one");
        } else {
            assert!(answer.status.is_success(), "{method} {path}: {answer:?}");
            assert!(!String::from_utf8(answer.bytes).unwrap().contains("alice"), "{method} {path}");
        }
    }

    assert_eq!(app.alice(Method::GET, &path_of_task).send().await.json(), before);
}

#[actix_web::test]
async fn every_route_is_403_with_the_path_of_another_user() {
    let app = TestApp::new().start().await;
    let id = app.task_of_alice().await;
    for owner in ["alice", "nobody", "Bob", "bob%20", "bo%62%00", "%2e%2e", "*"] {
        for id in [id.as_str(), ABSENT, "not-an-id"] {
            for (method, path, _) in
                routes(owner, id).into_iter().filter(|(_, path, _)| !path.starts_with("/api/tasks"))
            {
                let answer = app.bob(method.clone(), &path).json("not even JSON").send().await;
                assert_eq!(answer.outcome(), is(403, "FORBIDDEN"), "{method} {path}");
            }
        }
    }
    for (method, path) in [
        (Method::DELETE, "/api/alice/tasks"),
        (Method::POST, "/api/alice/tasks/x"),
        (Method::GET, "/api/alice/tasks/x/complete"),
    ] {
        assert_eq!(app.bob(method.clone(), path).send().await.outcome(), is(403, "FORBIDDEN"), "{method} {path}");
    }
    let mine = app.alice(Method::GET, &format!("/api/tasks/{id}")).send().await;
    assert_eq!(mine.json()["data"]["version"], 1);
}

/// The walk derives its routes from the endpoints. This test compares them with the routes that the application reports, so
/// that the walk misses none.
#[actix_web::test]
async fn the_application_has_no_routes_but_those_walked() {
    async fn report(tree: web::Data<IntrospectionTree>) -> HttpResponse {
        HttpResponse::Ok().body(tree.report_as_json())
    }
    let app = http::app(&TestApp::new().api).route("/report", web::get().to(report));
    let service = test::init_service(app).await;
    let report = test::call_and_read_body(&service, test::TestRequest::get().uri("/report").to_request()).await;
    let report: Vec<Value> = serde_json::from_slice(&report).unwrap();

    let mut registered = BTreeSet::new();
    for item in &report {
        let path = item["full_path"].as_str().unwrap();
        for method in item["methods"].as_array().unwrap() {
            registered.insert(format!("{} {path}", method.as_str().unwrap()));
        }
    }

    let mut expected = BTreeSet::from(["GET /report".to_owned()]);
    let mut expect = |method: &Method, path: &str| {
        for slash in ["", "/"] {
            expected.insert(format!("{method} {path}{slash}"));
            if method == Method::GET {
                expected.insert(format!("HEAD {path}{slash}"));
            }
        }
    };
    for style in Style::ALL {
        for endpoint in endpoints() {
            expect(&endpoint.method, &endpoint.full_path(style));
        }
    }
    for path in ["/health", "/health/live", "/health/ready", "/openapi.json", "/docs", "/docs/{file}"] {
        expect(&Method::GET, path);
    }
    assert_eq!(registered, expected);
}
