//! Which table holds the users: the one that is found, the one that the settings name, or a new one.

use infra::{TableName, testing::TestDatabase};
use sea_orm::ConnectionTrait;

use crate::{
    connect::value,
    contract::{Ids, Ports},
    layouts::{opened, table_of_users},
    log::logged,
};

on_both_databases! { empty:
    an_unrelated_table_of_accounts_is_no_obstacle,
    the_table_of_users_can_be_named,
    a_new_table_of_users_can_be_asked_for,
    an_empty_table_of_users_beside_a_full_one_is_reported,
}

#[tokio::test(flavor = "multi_thread")]
async fn users_on_the_search_path_are_found_wherever_they_are() {
    for (schema, path) in [("public", "tasks,public"), ("auth", "tasks,auth"), ("public", "\"$user\",public")] {
        let Some(home) = TestDatabase::empty_postgres().await else { return };
        let connection = home.connection();
        for schema in ["tasks", "auth", "CURRENT_USER"] {
            let name = if schema == "CURRENT_USER" { "AUTHORIZATION CURRENT_USER" } else { schema };
            connection.execute_unprepared(&format!("CREATE SCHEMA {name}")).await.unwrap();
        }
        connection.execute_unprepared(&table_of_users(&format!("{schema}.\"user\""), "text")).await.unwrap();
        let mut url = url::Url::parse(home.url()).unwrap();
        url.query_pairs_mut().append_pair("options", &format!("-c search_path={path}"));
        let database = opened(url.as_str(), |_| {}).await;

        database.migrate_up().await.unwrap();
        database.check_schema().await.unwrap();

        assert_eq!(value(connection, "SELECT count(*) FROM pg_class WHERE relname = 'user'").await, "1", "{path}");
    }
}

/// The line with which the first migration is refused after these statements.
async fn refusal(home: &TestDatabase, statements: &[&str]) -> String {
    for statement in statements {
        home.connection().execute_unprepared(statement).await.unwrap();
    }
    let line = home.migrate_up().await.unwrap_err().to_string();
    assert!(home.connection().execute_unprepared("SELECT 1 FROM tasks").await.is_err(), "nothing is created");
    assert!(!line.contains('\n'), "{line}");
    line
}

#[tokio::test(flavor = "multi_thread")]
async fn no_second_table_of_users_is_made_on_postgres() {
    let users = |name: &str| table_of_users(name, "text");
    let session =
        |name: &str, of: &str| format!(r#"CREATE TABLE {name} ("token" text, "userId" text REFERENCES {of} (id))"#);
    for (statements, expected) in [
        (vec![users("users")], "USER_TABLE=users "),
        (vec![users("\"User\"")], "USER_TABLE=User "),
        (vec![users("\"Users\"")], "USER_TABLE=Users "),
        (vec!["CREATE SCHEMA auth".into(), users("auth.\"user\"")], "USER_TABLE=auth.user "),
        (vec![users("people"), session("session", "people")], "USER_TABLE=people "),
        (vec![users("users"), users("members"), session("\"Accounts\"", "members")], "USER_TABLE=members "),
        (vec!["CREATE TABLE sessions (token text, user_id text)".into()], "sessions looks like a table of Better Auth"),
    ] {
        let Some(home) = TestDatabase::empty_postgres().await else { return };
        let statements: Vec<&str> = statements.iter().map(String::as_str).collect();

        let line = refusal(&home, &statements).await;

        assert!(line.contains(expected), "{line}");
        assert!(line.contains("let Better Auth make its tables first"), "{line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_second_table_of_users_is_made_on_sqlite() {
    let users = "CREATE TABLE Users (id text PRIMARY KEY)";
    let people = "CREATE TABLE people (id text PRIMARY KEY)";
    let session = r#"CREATE TABLE session ("token" text, "userId" text REFERENCES people (id))"#;
    for (statements, expected) in [
        (&[users] as &[&str], "USER_TABLE=Users "),
        (&[people, session], "USER_TABLE=people "),
        (&["CREATE TABLE session (token text, userId text)"], "session looks like"),
    ] {
        let home = TestDatabase::empty_sqlite().await;

        let line = refusal(&home, statements).await;

        assert!(line.contains(expected), "{line}");
    }
}

async fn an_unrelated_table_of_accounts_is_no_obstacle(home: TestDatabase) {
    home.connection().execute_unprepared("CREATE TABLE accounts (id text, balance integer)").await.unwrap();

    home.migrate_up().await.unwrap();
}

async fn the_table_of_users_can_be_named(home: TestDatabase) {
    home.connection().execute_unprepared(&table_of_users("users", "text")).await.unwrap();
    let database = |name: &'static str| {
        let named = TableName::parse(name);
        opened(home.url(), |settings| settings.user_table = named)
    };

    let line = database("members").await.migrate_up().await.unwrap_err().to_string();
    assert!(line.contains("there is no table members"), "{line}");
    let named = database("users").await;
    named.migrate_up().await.unwrap();
    let ports = Ports::with_ids(&named.with_layout().await.unwrap(), Ids::Text, ());
    ports.with_users().await;

    assert_eq!(value(home.connection(), "SELECT count(*) FROM users").await, "2");
    assert!(home.connection().execute_unprepared("SELECT 1 FROM \"user\"").await.is_err());
    let line = database("user").await.with_layout().await.unwrap_err().to_string();
    assert!(line.contains("USER_TABLE is user, but the tasks refer to"), "{line}");
}

async fn a_new_table_of_users_can_be_asked_for(home: TestDatabase) {
    home.connection().execute_unprepared(&table_of_users("users", "text")).await.unwrap();
    let asked = TableName::parse("user");

    opened(home.url(), |settings| settings.user_table = asked).await.migrate_up().await.unwrap();

    assert_eq!(value(home.connection(), "SELECT count(*) FROM \"user\"").await, "0");
}

async fn an_empty_table_of_users_beside_a_full_one_is_reported(home: TestDatabase) {
    home.migrate_up().await.unwrap();
    let connection = home.connection();
    connection.execute_unprepared("CREATE TABLE users (id text PRIMARY KEY)").await.unwrap();
    let open = || async { opened(home.url(), |_| {}).await.with_layout().await.map(drop).unwrap() };
    assert!(!Box::pin(logged(open())).await.contains("USER_TABLE"), "both are empty");

    connection.execute_unprepared("INSERT INTO users VALUES ('ada')").await.unwrap();
    let lines = Box::pin(logged(open())).await;
    assert_eq!(lines.matches("USER_TABLE=users").count(), 1, "{lines}");

    Ports::with_ids(&home, Ids::Text, ()).with_users().await;
    assert!(!Box::pin(logged(open())).await.contains("USER_TABLE"), "the users are where they should be");
}
