use actix_web::http::Method;
use http::testing::{TestApp, is};

use super::BOTH_STYLES;

#[actix_web::test]
async fn deleting_a_task_twice_is_404() {
    for base in BOTH_STYLES {
        let app = TestApp::new().start().await;
        let path = format!("{base}/{}", app.task_of_alice().await);

        let first = app.alice(Method::DELETE, &path).send().await;
        let second = app.alice(Method::DELETE, &path).send().await;

        assert_eq!((first.status.as_u16(), first.bytes.as_slice()), (204, b"".as_slice()));
        assert_eq!(second.outcome(), is(404, "NOT_FOUND"));
        assert_eq!(app.alice(Method::GET, &path).send().await.outcome(), is(404, "NOT_FOUND"));
    }
}

#[actix_web::test]
async fn a_body_of_a_delete_is_ignored() {
    let app = TestApp::new().start().await;
    let path = format!("/api/tasks/{}", app.task_of_alice().await);

    assert_eq!(app.alice(Method::DELETE, &path).body("text/plain", "whatever").send().await.status, 204);
}
