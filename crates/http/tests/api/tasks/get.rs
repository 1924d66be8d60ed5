use actix_web::http::Method;
use http::testing::{TestApp, is};

use super::BOTH_STYLES;

#[actix_web::test]
async fn a_task_is_found_in_both_styles_and_with_a_slash() {
    let app = TestApp::new().start().await;
    let id = app.task_of_alice().await;
    for base in BOTH_STYLES {
        for slash in ["", "/"] {
            let answer = app.alice(Method::GET, &format!("{base}/{id}{slash}")).send().await;

            assert_eq!(answer.status, 200);
            assert_eq!(answer.json()["data"]["id"], id);
        }
    }
}

#[actix_web::test]
async fn head_returns_the_headers_of_get() {
    let app = TestApp::new().start().await;
    let id = app.task_of_alice().await;

    assert_eq!(app.alice(Method::HEAD, &format!("/api/tasks/{id}")).send().await.status, 200);
    assert_eq!(app.alice(Method::HEAD, "/api/alice/tasks").send().await.status, 200);
    assert_eq!(app.bob(Method::HEAD, &format!("/api/tasks/{id}")).send().await.status, 404);
}

#[actix_web::test]
async fn a_task_of_another_user_looks_missing() {
    let app = TestApp::new().start().await;
    let id = app.task_of_alice().await;
    let request = |path: String| app.bob(Method::GET, &path).header("x-request-id", "same").send();

    let foreign = request(format!("/api/tasks/{id}")).await;
    let absent = request("/api/tasks/00000000-0000-7000-8000-00000000dead".to_owned()).await;

    assert_eq!(foreign.outcome(), is(404, "NOT_FOUND"));
    assert_eq!(foreign.bytes, absent.bytes);
}

#[actix_web::test]
async fn an_id_in_another_form_is_404() {
    let app = TestApp::new().start().await;
    let id = app.task_of_alice().await;
    let others = [
        id.to_uppercase().replace("7000", "7A00"),
        id.replace('-', ""),
        format!("%7B{id}%7D"),
        "1".to_owned(),
        "%00".to_owned(),
        "..%2f".to_owned(),
    ];
    for other in others {
        for base in BOTH_STYLES {
            let answer = app.alice(Method::GET, &format!("{base}/{other}")).send().await;
            assert_eq!(answer.outcome(), is(404, "NOT_FOUND"), "{other}");
        }
    }
}
