//! Creating users whose rows do not exist yet.

use domain::{
    Clock, CreateOptions, Identity, OwnerId, TaskId, TaskRepository, UserProvisioner,
    testing::{FixedClock, titled},
};
use infra::testing::TestDatabase;
use sea_orm::{ConnectionTrait, Statement};

on_both_databases! {
    a_user_is_created_from_the_identity,
    an_existing_user_is_not_changed,
    a_user_whose_address_is_taken_gets_a_placeholder,
    concurrent_provisioning_creates_a_user_once,
}

fn identity(id: &str, name: Option<&str>, email: Option<&str>) -> Identity {
    Identity {
        id: OwnerId::try_from(id.to_owned()).unwrap(),
        name: name.map(str::to_owned),
        email: email.map(str::to_owned),
    }
}

async fn provision(database: &TestDatabase, user: &Identity) {
    database.users().provision(user, FixedClock::default().now()).await.unwrap();
}

/// A user's name, address, and whether the address is verified.
async fn user(database: &TestDatabase, id: &str) -> Option<(String, String, bool)> {
    let connection = database.connection();
    let sql = format!(r#"SELECT "name", "email", "emailVerified" FROM "user" WHERE "id" = '{id}'"#);
    let row =
        connection.query_one_raw(Statement::from_string(connection.get_database_backend(), sql)).await.unwrap()?;
    Some((row.try_get_by_index(0).unwrap(), row.try_get_by_index(1).unwrap(), row.try_get_by_index(2).unwrap()))
}

fn unverified(name: &str, email: &str) -> (String, String, bool) {
    (name.to_owned(), email.to_owned(), false)
}

async fn a_user_is_created_from_the_identity(database: TestDatabase) {
    provision(&database, &identity("carol", Some("Carol"), Some("Carol@Example.test"))).await;
    provision(&database, &identity("Dave", None, None)).await;
    provision(&database, &identity("dave", None, None)).await;

    assert_eq!(user(&database, "carol").await, Some(unverified("Carol", "carol@example.test")));
    assert_eq!(user(&database, "Dave").await, Some(unverified("Dave", "Dave@users.invalid")));
    assert_eq!(user(&database, "dave").await, Some(unverified("dave", "dave@users.invalid")));
}

async fn an_existing_user_is_not_changed(database: TestDatabase) {
    provision(&database, &identity("alice", Some("Someone else"), Some("else@example.test"))).await;

    assert_eq!(user(&database, "alice").await, Some(unverified("alice", "alice@example.test")));
}

async fn a_user_whose_address_is_taken_gets_a_placeholder(database: TestDatabase) {
    let namesake = identity("namesake", Some("Namesake"), Some("Alice@Example.test"));
    for _twice in 0..2 {
        provision(&database, &namesake).await;

        assert_eq!(user(&database, "namesake").await, Some(unverified("Namesake", "namesake@users.invalid")));
        assert_eq!(user(&database, "alice").await, Some(unverified("alice", "alice@example.test")));
    }
    let id = TaskId::try_from("00000000-0000-7000-8000-000000000001").unwrap();
    let task = titled("Task");
    database
        .tasks()
        .create(&namesake.id, id, &task, &CreateOptions::default(), FixedClock::default().now())
        .await
        .unwrap();
}

async fn concurrent_provisioning_creates_a_user_once(database: TestDatabase) {
    let users = ["erin", "frank"].map(|id| identity(id, None, Some("shared@example.test")));
    let [erin, frank] = &users;

    tokio::join!(
        provision(&database, erin),
        provision(&database, frank),
        provision(&database, erin),
        provision(&database, frank)
    );

    let mut addresses = Vec::new();
    for Identity { id, .. } in &users {
        addresses.push(user(&database, id.as_str()).await.unwrap().1);
    }
    assert!(
        addresses == ["shared@example.test", "frank@users.invalid"]
            || addresses == ["erin@users.invalid", "shared@example.test"],
        "{addresses:?}"
    );
}
