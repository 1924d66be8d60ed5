//! Better Auth and the service migrate one database.

use infra::testing::TestDatabase;
use sea_orm::{ConnectionTrait, DbBackend, Statement};

use crate::{
    better_auth::app::{BetterAuth, empty_database},
    better_auth::serving::{bearer, every_route_serves, serve},
    support::program,
};

/// Columns, constraints, indexes, triggers, owner and privileges of every table of Better Auth, a line each.
const DESCRIPTION: &str = r"
    WITH theirs AS (
        SELECT c.oid, c.relname, c.relowner, c.relacl, c.relkind FROM pg_class c
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'S', 'v')
            AND c.relname NOT IN ('tasks', 'idempotency_keys', 'tasks_api_migrations')
    )
    SELECT concat_ws(' ', relname, relkind, pg_get_userbyid(relowner), relacl) FROM theirs
    UNION ALL
    SELECT concat_ws(' ', relname, attnum, attname, format_type(atttypid, atttypmod), attnotnull, attidentity, attacl,
        (SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef WHERE adrelid = attrelid AND adnum = attnum))
        FROM pg_attribute JOIN theirs ON theirs.oid = attrelid WHERE attnum > 0
    UNION ALL
    SELECT concat_ws(' ', relname, conname, pg_get_constraintdef(c.oid)) FROM pg_constraint c JOIN theirs ON theirs.oid = conrelid
    UNION ALL
    SELECT pg_get_indexdef(indexrelid) FROM pg_index JOIN theirs ON theirs.oid = indrelid
    UNION ALL
    SELECT pg_get_triggerdef(t.oid) FROM pg_trigger t JOIN theirs ON theirs.oid = tgrelid WHERE NOT tgisinternal
    ORDER BY 1";

pub async fn described(database: &TestDatabase) -> Vec<String> {
    let rows = database.connection().query_all_raw(Statement::from_string(DbBackend::Postgres, DESCRIPTION)).await;
    rows.unwrap().iter().map(|row| row.try_get_by_index(0).unwrap()).collect()
}

/// Runs `tasks-api migrate …`; returns whether it succeeded and what it printed.
pub fn migrate(database: &TestDatabase, settings: &[(&str, &str)], arguments: &[&str]) -> (bool, String) {
    let directory = tempfile::tempdir().unwrap();
    let needed = [("DATABASE_URL", database.url()), ("ENVIRONMENT", "production")];
    let output = program(&directory, &[&needed, settings].concat()).arg("migrate").args(arguments).output().unwrap();
    let printed = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    (output.status.success(), printed.concat())
}

#[tokio::test]
async fn either_side_can_migrate_first_with_the_same_result() {
    let Some(database) = empty_database().await else { return };
    let app = BetterAuth::on(&database);
    let ada = app.sign_up("ada").await;
    let theirs = described(&database).await;
    assert!(theirs.len() > 60, "{theirs:#?}");

    assert!(migrate(&database, &[], &["up"]).0);
    assert_eq!(described(&database).await, theirs);
    let service = serve(&database, &[("BETTER_AUTH_URL", &app.url)]).await;
    every_route_serves(&service, &ada.id, &bearer(&app.jwt(&ada).await)).await;
    // Better Auth does not complain about our tables when it restarts.
    drop(app);
    drop(BetterAuth::on(&database));
    assert_eq!(described(&database).await, theirs);
    assert!(migrate(&database, &[], &["down", "--delete-tasks", "--steps", "99"]).0);
    assert_eq!(described(&database).await, theirs);

    let other = empty_database().await.unwrap();
    assert!(migrate(&other, &[], &["up"]).0);
    let app = BetterAuth::on(&other);
    assert_eq!(described(&other).await, theirs);
    let service = serve(&other, &[("BETTER_AUTH_URL", &app.url)]).await;
    let bob = app.sign_up("bob").await;
    every_route_serves(&service, &bob.id, &bearer(&app.jwt(&bob).await)).await;
    app.delete_user(&bob).await;
}
