//! Better Auth's tables as its adapters for Drizzle and Prisma create them, and tables of an app's own.

use domain::{Clock, Identity, SessionStore, UserProvisioner, testing::FixedClock};
use infra::{Database, testing::TestDatabase};
use sea_orm::{ConnectionTrait, DbBackend};

use crate::connect::value;

on_both_databases! { empty:
    a_user_of_a_drizzle_app_is_added,
    a_session_of_a_drizzle_app_is_found,
    a_user_without_name_or_address_is_added,
    a_column_that_would_stay_empty_is_named,
    a_session_table_that_cannot_work_is_named,
}

async fn run(database: &TestDatabase, sql: &str) {
    database.connection().execute_unprepared(sql).await.unwrap();
}

fn is_sqlite(database: &TestDatabase) -> bool {
    database.connection().get_database_backend() == DbBackend::Sqlite
}

/// The table of users, to which the tasks refer.
async fn with_users(database: &TestDatabase, columns: &str) -> Database {
    run(database, &format!(r#"CREATE TABLE "user" (id text PRIMARY KEY, {columns})"#)).await;
    database.migrate_up().await.unwrap();
    (*database).clone().with_layout().await.unwrap()
}

async fn add(database: &Database, id: &str) {
    let user = Identity { id: id.to_owned().try_into().unwrap(), name: None, email: None };
    database.users().provision(&user, FixedClock::default().now()).await.unwrap();
}

async fn a_user_of_a_drizzle_app_is_added(database: TestDatabase) {
    let columns = if is_sqlite(&database) {
        "name text NOT NULL, email text NOT NULL UNIQUE, email_verified integer DEFAULT false NOT NULL, \
         created_at integer NOT NULL, updated_at integer DEFAULT (cast(unixepoch('subsecond') * 1000 as integer)) NOT NULL"
    } else {
        "name text NOT NULL, email text NOT NULL UNIQUE, email_verified boolean NOT NULL, \
         created_at timestamp NOT NULL, updated_at timestamp DEFAULT now() NOT NULL"
    };
    let app = with_users(&database, columns).await.with_provisioning().await.unwrap();
    if !is_sqlite(&database) {
        run(
            &database,
            "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET timezone = ''Asia/Tokyo''', current_database()); END $$",
        )
        .await;
    }

    add(&app, "ada").await;

    let created = if is_sqlite(&database) {
        "strftime('%Y-%m-%d %H:%M:%S', created_at / 1000, 'unixepoch')"
    } else {
        "to_char(created_at, 'YYYY-MM-DD HH24:MI:SS')"
    };
    let row = format!(r#"SELECT name || ' ' || {created} FROM "user" WHERE id = 'ada'"#);
    let row = value(database.connection(), &row).await;
    assert_eq!(
        row,
        format!("ada {}", FixedClock::default().now().to_string().replace('T', " ").split('.').next().unwrap())
    );
}

async fn a_session_of_a_drizzle_app_is_found(database: TestDatabase) {
    let app = with_users(&database, "name text, email text").await;
    let times =
        if is_sqlite(&database) { ["integer", "text", "datetime"] } else { ["timestamp", "timestamptz", "bigint"] };
    for (number, time) in times.into_iter().enumerate() {
        let columns =
            [("token", "user_id", "expires_at"), ("token", "userid", "expiresat"), ("token", "userId", "expiresAt")];
        let ((token, user_id, expires_at), name) = (columns[number], ["session", "sessions", "session"][number]);
        run(&database, "DROP TABLE IF EXISTS session").await;
        run(&database, "DROP TABLE IF EXISTS sessions").await;
        run(&database, &format!(r#"CREATE TABLE {name} ("{token}" text, "{user_id}" text, "{expires_at}" {time})"#))
            .await;
        let values = if ["integer", "bigint"].contains(&time) {
            ["1795307625737", "1795307625"]
        } else {
            ["'2026-11-22T00:33:45.737Z'", "'2026-11-22 00:33:45'"]
        };
        for (token, value) in ["milliseconds", "seconds"].iter().zip(values) {
            run(&database, &format!("INSERT INTO {name} VALUES ('{token}', 'ada', {value})")).await;
        }
        let app = app.clone().with_sessions().await.unwrap();

        for (token, expires_at) in
            [("milliseconds", "2026-11-22T00:33:45.737Z"), ("seconds", "2026-11-22T00:33:45.000Z")]
        {
            let session = app.sessions().session(token).await.unwrap().unwrap();
            assert_eq!((session.owner.as_str(), &*session.expires_at.to_string()), ("ada", expires_at), "{time}");
        }
    }
}

async fn a_user_without_name_or_address_is_added(database: TestDatabase) {
    let app = with_users(&database, "\"emailVerified\" timestamp").await.with_provisioning().await.unwrap();

    add(&app, "ada").await;
    add(&app, "ada").await;

    let unverified = r#"SELECT id FROM "user" WHERE "emailVerified" IS NULL"#;
    assert_eq!(value(database.connection(), unverified).await, "ada");
}

async fn a_column_that_would_stay_empty_is_named(database: TestDatabase) {
    let columns = "name text NOT NULL, role text NOT NULL, plan text NOT NULL DEFAULT 'free', age integer NOT NULL";

    let refused = with_users(&database, columns).await.with_provisioning().await.unwrap_err().to_string();

    let expected = "no user can be added to user, because these columns must not be null: role (text), age (integer); give them \
                    a default, or set USER_PROVISIONING=off (docs/troubleshooting.md#user-columns)";
    assert_eq!(refused, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_that_the_database_makes_is_named() {
    let Some(database) = TestDatabase::empty_postgres().await else { return };
    run(&database, r#"CREATE TABLE "user" (id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY, name text)"#).await;
    database.migrate_up().await.unwrap();

    let with_layout = (*database).clone().with_layout().await.unwrap();
    let refused = with_layout.with_provisioning().await.unwrap_err().to_string();

    let expected = "no user can be added to user, because the database makes each id: set USER_PROVISIONING=off \
                    (docs/troubleshooting.md#user-columns)";
    assert_eq!(refused, expected);
}

async fn a_session_table_that_cannot_work_is_named(database: TestDatabase) {
    let app = with_users(&database, "name text").await;
    let refused = app.clone().with_sessions().await.unwrap_err().to_string();
    assert!(refused.starts_with("Better Auth's table \"session\" does not exist beside user"), "{refused}");

    for (columns, missing) in [
        ("\"sessionToken\" text, \"userId\" text, expires_at timestamp", "no column for the token, such as token"),
        ("token text, owner text, expires_at timestamp", "no column for the user's id, such as userId"),
        ("token text, user_id text, expires timestamp", "no column for the expiry, such as expiresAt"),
    ] {
        run(&database, &format!("CREATE TABLE session ({columns})")).await;

        let refused = app.clone().with_sessions().await.unwrap_err().to_string();

        assert!(refused.starts_with("Better Auth's table session has ") && refused.contains(missing), "{refused}");
        run(&database, "DROP TABLE session").await;
    }
}
