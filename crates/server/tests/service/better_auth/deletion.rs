//! Users who delete themselves in Better Auth.

use reqwest::Method;
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use serde_json::json;

use crate::{
    better_auth::app::{BetterAuth, empty_database},
    better_auth::serving::{bearer, create, get, list, send, serve},
    support::SECRET,
};

#[tokio::test]
async fn a_deleted_user_loses_their_tasks_and_can_create_no_others() {
    let Some(database) = empty_database().await else { return };
    let app = BetterAuth::on(&database);
    let settings = [("BETTER_AUTH_URL", &*app.url), ("BETTER_AUTH_SECRET", SECRET), ("SESSION_TOKENS", "bearer")];
    let service = serve(&database, &settings).await;
    let (ada, bob) = (app.sign_up("ada").await, app.sign_up("bob").await);
    let (of_ada, of_bob) = (bearer(&app.jwt(&ada).await), bearer(&app.jwt(&bob).await));
    let (_, task) = create(&service, &of_ada).await;
    let path = format!("/api/tasks/{}", task["data"]["id"].as_str().unwrap());
    let (_, task_of_bob) = create(&service, &of_bob).await;

    app.delete_user(&ada).await;

    let all = Statement::from_string(DbBackend::Postgres, "SELECT user_id FROM tasks");
    let rows = database.connection().query_all_raw(all).await.unwrap();
    let owners: Vec<String> = rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect();
    assert_eq!(owners, [bob.id]);

    // The tokens of both kinds stay valid; the session does not.
    let (status, body) = create(&service, &of_ada).await;
    assert_eq!((status, &body["error"]["code"]), (401, &json!("UNKNOWN_USER")));
    let (status, body) = get(&service, "/api/tasks", &of_ada).await;
    assert_eq!((status, &body["data"]), (200, &json!([])));
    let in_path = format!("/api/{}/tasks", ada.id);
    let wine = || Some(json!({ "title": "Buy wine" }));
    assert_eq!(send(&service, Method::POST, &in_path, &of_ada, wine()).await.0, 401);
    for (method, path, body) in [
        (Method::GET, path.clone(), None),
        (Method::PUT, path.clone(), wine()),
        (Method::PATCH, path.clone(), wine()),
        (Method::PATCH, format!("{path}/complete"), None),
        (Method::DELETE, path.clone(), None),
    ] {
        assert_eq!(send(&service, method, &path, &of_ada, body).await.0, 404);
    }
    assert_eq!(list(&service, &bearer(&ada.session_token)).await, (401, "UNAUTHORIZED".to_owned()));

    let (_, list) = get(&service, "/api/tasks", &of_bob).await;
    assert_eq!(list["data"], json!([task_of_bob["data"]]));
}
