//! Databases that an earlier release has migrated recorded that in a table that other programs may share.

use infra::testing::TestDatabase;
use sea_orm::ConnectionTrait;

use crate::connect::value;

on_both_databases! {
    what_an_earlier_release_recorded_is_carried_over,
    another_program_may_use_the_table_of_the_earlier_release,
}

/// Makes the database look as an earlier release has left it.
async fn go_back(database: &TestDatabase) {
    for statement in [
        "CREATE TABLE seaql_migrations (version varchar NOT NULL PRIMARY KEY, applied_at bigint NOT NULL)",
        "INSERT INTO seaql_migrations SELECT version, applied_at FROM tasks_api_migrations",
        "DROP TABLE tasks_api_migrations",
    ] {
        database.connection().execute_unprepared(statement).await.unwrap();
    }
}

async fn count(database: &TestDatabase, table: &str) -> String {
    value(database.connection(), &format!("SELECT count(*) FROM {table} WHERE version LIKE 'm2026%'")).await
}

async fn what_an_earlier_release_recorded_is_carried_over(database: TestDatabase) {
    go_back(&database).await;
    let all = count(&database, "seaql_migrations").await;

    database.check_schema().await.unwrap();
    assert!(database.migrate_up().await.unwrap().is_empty(), "every migration was applied");

    assert_eq!(count(&database, "tasks_api_migrations").await, all);
    assert_eq!(count(&database, "seaql_migrations").await, all, "the earlier release still serves");
    database.check_schema().await.unwrap();

    a_rollback_takes_place_in_both_records(&database).await;
}

async fn a_rollback_takes_place_in_both_records(database: &TestDatabase) {
    database.connection().execute_unprepared("DROP TABLE tasks_api_migrations").await.unwrap();
    let before = database.migration_status().await.unwrap().len();

    assert_eq!(database.migrate_down(1).await.unwrap().len(), 1);

    for table in ["tasks_api_migrations", "seaql_migrations"] {
        assert_eq!(count(database, table).await, (before - 1).to_string(), "{table}");
    }
    assert_eq!(database.migrate_up().await.unwrap().len(), 1);
    assert_eq!(database.migrate_down(u32::MAX).await.unwrap().len(), before);
}

async fn another_program_may_use_the_table_of_the_earlier_release(database: TestDatabase) {
    go_back(&database).await;
    let theirs = "INSERT INTO seaql_migrations VALUES ('m20250101_000001_create_posts', 0)";
    database.connection().execute_unprepared(theirs).await.unwrap();

    database.migrate_up().await.unwrap();

    database.check_schema().await.unwrap();
    assert_eq!(count(&database, "seaql_migrations").await, "0", "the other program would complain about them");
    assert_eq!(value(database.connection(), "SELECT count(*) FROM seaql_migrations").await, "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_right_to_read_what_was_applied_is_carried_over() {
    let Some(database) = TestDatabase::postgres().await else { return };
    go_back(&database).await;
    database.connection().execute_unprepared("GRANT SELECT ON seaql_migrations TO pg_monitor, PUBLIC").await.unwrap();

    database.migrate_up().await.unwrap();

    let readers = "SELECT string_agg(grantee, ' ' ORDER BY grantee) FROM information_schema.role_table_grants \
                   WHERE table_name = 'tasks_api_migrations' AND privilege_type = 'SELECT' AND grantee IN ('PUBLIC', 'pg_monitor')";
    assert_eq!(value(database.connection(), readers).await, "PUBLIC pg_monitor");
}
