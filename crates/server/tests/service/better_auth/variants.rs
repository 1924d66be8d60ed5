//! Better Auth set up in the ways that change its tables, and the service's tables in a schema of their own.

use infra::testing::TestDatabase;
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use serde_json::{Value, json};

use crate::{
    better_auth::{
        account::Account,
        app::{BetterAuth, empty_database, free_port},
        cookies::from_page,
        guests::documented,
        migrations::{described, migrate},
        serving::{Headers, bearer, create, every_route_serves, get, serve},
    },
    support::{SECRET, Service, token},
};

/// Settings of the service.
type Settings<'a> = [(&'a str, &'a str)];

/// For each name, variables of the app and settings of the service with which tasks work.
macro_rules! tasks_work {
    ($($name:ident: $app:tt, $settings:tt;)*) => {
        $(
            #[tokio::test]
            async fn $name() {
                if let Some(database) = empty_database().await {
                    Box::pin(tasks_work(&database, json!($app), &$settings)).await;
                }
            }
        )*
    };
}

tasks_work! {
    tasks_work_behind_a_drizzle_app_with_snake_case_columns: { "ADAPTER": "drizzle" }, [];
    tasks_work_behind_a_drizzle_app_with_plural_tables:
        { "ADAPTER": "drizzle", "ADAPTER_OPTIONS": { "usePlural": true } }, [("USER_TABLE", "users")];
    tasks_work_behind_a_drizzle_app_with_uuid_ids:
        { "ADAPTER": "drizzle", "AUTH_OPTIONS": ids("uuid"), "GUESTS": "on" }, [];
    tasks_work_for_users_with_uuid_ids: { "AUTH_OPTIONS": ids("uuid") }, [];
    tasks_work_for_users_with_number_ids: { "AUTH_OPTIONS": ids("serial") }, [];
    tasks_work_for_guests_who_sign_up: { "GUESTS": "on" }, [];
    tasks_work_in_a_schema_of_their_own: { "GUESTS": "on" }, [("DATABASE_SCHEMA", "tasks_api")];
}

fn ids(kind: &str) -> Value {
    json!({ "advanced": { "database": { "generateId": kind } } })
}

/// The time zone of the database. A time that is not read as UTC is off by nine hours, so that the sessions seem to have ended.
const IN_TOKYO: &str = "DO $$ BEGIN
    EXECUTE format('ALTER DATABASE %I SET timezone TO %L', current_database(), 'Asia/Tokyo');
END $$";

/// From the first sign-up to the end of all tables.
async fn tasks_work(database: &TestDatabase, mut variables: Value, settings: &Settings<'_>) {
    let schema = settings.iter().find(|(name, _)| *name == "DATABASE_SCHEMA").map_or("public", |(_, schema)| schema);
    variables["PORT"] = json!(free_port());
    variables["ON_LINK_ACCOUNT"] = json!(documented().replace("tasks", &format!("{schema}.tasks")));
    run(database, IN_TOKYO).await;
    variables["AUTH_OPTIONS"]["session"]["expiresIn"] = json!(60 * 60);

    let app = BetterAuth::start(database, &variables);
    let theirs = described(database).await;
    let (succeeded, printed) = migrate(database, settings, &["up"]);
    assert!(succeeded, "{printed}");
    assert_eq!(described(database).await, theirs, "the service leaves Better Auth's tables as they are");
    assert_eq!(text(database, &place_of("tasks")).await, [schema]);

    let url = app.url.clone();
    let tokens = [("BETTER_AUTH_URL", &*url), ("BETTER_AUTH_SECRET", SECRET), ("SESSION_TOKENS", "cookie")];
    let settings = [settings, &tokens].concat();
    let service = serve(database, &settings).await;
    let (ada, bob) = (app.sign_up("ada").await, app.sign_up("bob").await);
    let of_ada = credentials(&app, &ada).await;
    for headers in &of_ada {
        every_route_serves(&service, &ada.id, headers).await;
    }
    let of_bob = bearer(&app.jwt(&bob).await);
    strangers_see_nothing(&service, &of_ada[0], &of_bob).await;
    if variables["GUESTS"] == "on" {
        guests_keep_their_tasks(&app, &service).await;
    }

    // Both start again.
    drop((service, app));
    if variables["ADAPTER"] == "drizzle" {
        variables["MIGRATE"] = json!("off");
    }
    let app = BetterAuth::start(database, &variables);
    assert_eq!(described(database).await, theirs, "Better Auth finds nothing to change");
    let service = serve(database, &[settings.as_slice(), &[("USER_PROVISIONING", "on")]].concat()).await;
    for headers in &of_ada {
        assert_ne!(titles(&service, headers).await, json!([]));
    }
    // The user of another app.
    let carol = if ada.id.parse::<u32>().is_ok() { "4000" } else { "6ab1ec5a-2f77-4d35-9e01-3f9a7f6f2f10" };
    every_route_serves(&service, carol, &bearer(&token(carol))).await;

    create(&service, &of_bob).await;
    app.delete_user(&ada).await;
    assert_eq!(get(&service, "/api/tasks", &of_ada[1]).await.0, 401, "the session is gone");
    let owners = format!("SELECT DISTINCT user_id::text FROM {schema}.tasks");
    let owners = text(database, &owners).await;
    assert!(!owners.contains(&ada.id) && owners.contains(&bob.id), "{owners:?}");

    drop(service);
    assert!(migrate(database, &settings, &["down", "--delete-tasks", "--steps", "99"]).0);
    assert_eq!(described(database).await, theirs);
    assert_eq!(text(database, &place_of("tasks")).await, [""; 0]);
}

/// All kinds of credentials of a user; the first is a JWT.
async fn credentials(app: &BetterAuth, account: &Account) -> [Headers; 4] {
    [
        bearer(&app.jwt(account).await),
        bearer(&account.session_token),
        bearer(&account.signed_session_token),
        from_page(&account.cookie(), &app.origin),
    ]
}

async fn strangers_see_nothing(service: &Service, owner: &Headers, stranger: &Headers) {
    let (_, task) = create(service, owner).await;
    let path = format!("/api/tasks/{}", task["data"]["id"].as_str().unwrap());
    assert_eq!(get(service, &path, owner).await.0, 200);
    assert_eq!(get(service, &path, stranger).await.0, 404);
    assert_eq!(titles(service, stranger).await, json!([]));
}

async fn guests_keep_their_tasks(app: &BetterAuth, service: &Service) {
    let guest = app.sign_in_as_guest().await;
    let (status, task) = create(service, &bearer(&app.jwt(&guest).await)).await;
    assert_eq!(status, 201, "{task}");
    let dan = app.sign_up_from("dan", Some(&guest)).await;
    assert_eq!(titles(service, &bearer(&app.jwt(&dan).await)).await, json!(["Buy groceries"]));
}

/// The titles of the tasks in a list.
async fn titles(service: &Service, headers: &Headers) -> Value {
    let (status, list) = get(service, "/api/tasks", headers).await;
    assert_eq!(status, 200, "{list}");
    list["data"].as_array().unwrap().iter().map(|task| task["title"].clone()).collect()
}

/// The service can migrate first, and Better Auth goes on from the table of users.
async fn the_service_can_migrate_first(variables: Value, settings: &Settings<'_>) {
    let Some(database) = empty_database().await else { return };

    assert!(migrate(&database, settings, &["up"]).0);
    let app = BetterAuth::start(&database, &variables);

    assert_eq!(text(&database, &place_of("user")).await, ["public"]);
    let service = serve(&database, &[settings, &[("BETTER_AUTH_URL", &app.url)]].concat()).await;
    let ada = app.sign_up("ada").await;
    every_route_serves(&service, &ada.id, &bearer(&app.jwt(&ada).await)).await;
}

#[tokio::test]
async fn a_schema_of_its_own_can_come_before_better_auths_tables() {
    the_service_can_migrate_first(json!({}), &[("DATABASE_SCHEMA", "tasks_api")]).await;
}

#[tokio::test]
async fn the_tables_can_come_before_those_of_an_app_with_guests() {
    the_service_can_migrate_first(json!({ "GUESTS": "on" }), &[]).await;
}

/// As the documentation says, with the remedy.
#[tokio::test]
async fn drizzle_and_other_ids_need_better_auth_to_migrate_first() {
    for (variables, reason) in [
        (json!({ "ADAPTER": "drizzle" }), r#"relation "user" already exists"#),
        (json!({ "AUTH_OPTIONS": ids("uuid") }), "cannot be implemented"),
    ] {
        let Some(database) = empty_database().await else { return };
        assert!(migrate(&database, &[], &["up"]).0);
        let printed = BetterAuth::try_start(&database, &variables).err().unwrap();
        assert!(printed.contains(reason), "{printed}");

        assert!(migrate(&database, &[], &["down", "--delete-tasks", "--steps", "99"]).0);
        run(&database, r#"DROP TABLE "user" CASCADE"#).await;
        drop(BetterAuth::start(&database, &variables));
        let (succeeded, printed) = migrate(&database, &[], &["up"]);
        assert!(succeeded, "{printed}");
    }
}

/// A query for the schemas that have a table with this name.
fn place_of(table: &str) -> String {
    format!("SELECT relnamespace::regnamespace::text FROM pg_class WHERE relname = '{table}'")
}

async fn run(database: &TestDatabase, sql: &str) {
    database.connection().execute_unprepared(sql).await.unwrap();
}

async fn text(database: &TestDatabase, sql: &str) -> Vec<String> {
    let query = Statement::from_string(DbBackend::Postgres, sql);
    let rows = database.connection().query_all_raw(query).await.unwrap();
    rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect()
}
