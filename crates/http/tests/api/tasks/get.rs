use actix_web::http::Method;

use super::BOTH_STYLES;
use http::testing::{TestApp, is};

#[actix_web::test]
async fn a_task_is_found_in_either_style_with_or_without_a_trailing_slash() {
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
async fn head_answers_as_get_does() {
    let app = TestApp::new().start().await;
    let id = app.task_of_alice().await;

    assert_eq!(app.alice(Method::HEAD, &format!("/api/tasks/{id}")).send().await.status, 200);
    assert_eq!(app.alice(Method::HEAD, "/api/alice/tasks").send().await.status, 200);
    assert_eq!(app.bob(Method::HEAD, &format!("/api/tasks/{id}")).send().await.status, 404);
}

#[actix_web::test]
async fn a_task_of_someone_else_looks_like_one_that_does_not_exist() {
    let app = TestApp::new().start().await;
    let id = app.task_of_alice().await;
    let request = |path: String| app.bob(Method::GET, &path).header("x-request-id", "same").send();

    let foreign = request(format!("/api/tasks/{id}")).await;
    let absent = request("/api/tasks/00000000-0000-7000-8000-00000000dead".to_owned()).await;

    assert_eq!(foreign.outcome(), is(404, "NOT_FOUND"));
    assert_eq!(foreign.bytes, absent.bytes);
}

#[actix_web::test]
async fn an_id_in_any_other_form_names_no_task() {
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
