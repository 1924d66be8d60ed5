use actix_web::http::Method;

use super::BOTH_STYLES;
use http::testing::{TestApp, is};

#[actix_web::test]
async fn a_deleted_task_is_gone_and_a_second_time_not_found() {
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
async fn a_body_where_none_is_meant_does_no_harm() {
    let app = TestApp::new().start().await;
    let path = format!("/api/tasks/{}", app.task_of_alice().await);

    assert_eq!(app.alice(Method::DELETE, &path).body("text/plain", "whatever").send().await.status, 204);
}
