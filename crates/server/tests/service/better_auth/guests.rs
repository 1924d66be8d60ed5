//! Guests of the plugin `anonymous`, who sign up later.

use infra::testing::TestDatabase;
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use serde_json::json;

use crate::{
    better_auth::{
        account::Account,
        app::{BetterAuth, empty_database},
        serving::{bearer, create, get, serve},
    },
    support::{SECRET, Service, program},
};

/// The statement of the documentation for `onLinkAccount`.
pub fn documented() -> &'static str {
    let page = include_str!("../../../../../docs/authentication.md");
    let (_, rest) = page.split_once("onLinkAccount: async").unwrap();
    rest.split('"').nth(1).unwrap()
}

async fn a_guest_with_a_task(database: &TestDatabase, statement: &str) -> (BetterAuth, Service, Account, String) {
    let app = BetterAuth::start(database, &json!({ "GUESTS": "on", "ON_LINK_ACCOUNT": statement }));
    let service = serve(database, &[("BETTER_AUTH_URL", &app.url)]).await;
    let guest = app.sign_in_as_guest().await;
    let (status, task) = create(&service, &bearer(&app.jwt(&guest).await)).await;
    assert_eq!(status, 201, "{task}");
    (app, service, guest, task["data"]["id"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn a_guest_keeps_their_tasks_after_sign_up() {
    let Some(database) = empty_database().await else { return };
    let (app, service, guest, task) = a_guest_with_a_task(&database, documented()).await;

    let ada = app.sign_up_from("ada", Some(&guest)).await;

    let (_, list) = get(&service, "/api/tasks", &bearer(&app.jwt(&ada).await)).await;
    assert_eq!(list["data"][0]["id"], task, "{list}");
    assert_eq!(list["data"][0]["user_id"], ada.id);
    assert_eq!(list["data"][0]["version"], 1);
    let of_guest = format!("SELECT 1 FROM \"user\" WHERE id = '{}'", guest.id);
    let of_guest = Statement::from_string(DbBackend::Postgres, of_guest);
    assert!(database.connection().query_one_raw(of_guest).await.unwrap().is_none(), "the guest is deleted");
}

/// What the documentation warns of.
#[tokio::test]
async fn without_the_statement_a_guests_tasks_are_deleted() {
    let Some(database) = empty_database().await else { return };
    let (app, service, guest, _) = a_guest_with_a_task(&database, "").await;

    let ada = app.sign_up_from("ada", Some(&guest)).await;

    let (_, list) = get(&service, "/api/tasks", &bearer(&app.jwt(&ada).await)).await;
    assert_eq!(list["data"], json!([]));
}

#[tokio::test]
async fn the_command_moves_a_guests_tasks() {
    let Some(database) = empty_database().await else { return };
    let (app, service, guest, task) = a_guest_with_a_task(&database, "").await;
    let ada = app.sign_up("ada").await;
    let directory = tempfile::tempdir().unwrap();
    let settings = [("DATABASE_URL", database.url()), ("ENVIRONMENT", "production"), ("BETTER_AUTH_SECRET", SECRET)];

    let mut command = program(&directory, &settings);
    let output = command.args(["move-tasks", "--from", &guest.id, "--to", &ada.id]).output().unwrap();

    assert_eq!(String::from_utf8(output.stdout).unwrap(), format!("moved 1 task from {} to {}\n", guest.id, ada.id));
    let path = format!("/api/tasks/{task}");
    let in_list = async |account| get(&service, &path, &bearer(&app.jwt(account).await)).await.0;
    assert_eq!((in_list(&ada).await, in_list(&guest).await), (200, 404));
}
