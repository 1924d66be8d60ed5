//! Migrations are applied and rolled back, also by several processes at once.

use infra::{Database, DatabaseSettings, DatabaseUrl, MigrateError, testing::TestDatabase};
use sea_orm::ConnectionTrait;

on_both_databases! { empty:
    migrations_are_applied_rolled_back_and_applied_again,
    migrations_are_rolled_back_one_at_a_time,
    checking_changes_nothing,
    replicas_may_migrate_at_once,
    a_schema_that_is_too_old_or_too_new_is_rejected,
}

const STEPS: [&str; 3] = ["m20261122_000001_user", "m20261122_000002_tasks", "m20261122_000003_idempotency_keys"];

async fn applied(database: &Database) -> Vec<bool> {
    let states = database.migration_status().await.unwrap();
    assert!(states.iter().map(|state| state.name.as_str()).eq(STEPS));
    states.iter().map(|state| state.applied).collect()
}

async fn has_table(database: &TestDatabase, table: &str) -> bool {
    database.connection().execute_unprepared(&format!("SELECT 1 FROM {table}")).await.is_ok()
}

async fn migrations_are_applied_rolled_back_and_applied_again(database: TestDatabase) {
    assert_eq!(applied(&database).await, [false; 3]);

    for _twice in 0..2 {
        assert_eq!(database.migrate_up().await.unwrap(), STEPS);
        assert_eq!(applied(&database).await, [true; 3]);
        assert!(has_table(&database, "tasks").await);
        database.check_schema().await.unwrap();
        assert!(database.migrate_up().await.unwrap().is_empty(), "nothing is left to do");

        assert!(database.migrate_down(3).await.unwrap().iter().eq(STEPS.iter().rev()));
        assert_eq!(applied(&database).await, [false; 3]);
        assert!(!has_table(&database, "tasks").await);
    }
}

async fn migrations_are_rolled_back_one_at_a_time(database: TestDatabase) {
    database.migrate_up().await.unwrap();

    assert!(database.migrate_down(0).await.unwrap().is_empty());
    assert_eq!(database.migrate_down(1).await.unwrap(), [STEPS[2]]);
    assert_eq!(applied(&database).await, [true, true, false]);
    assert_eq!(database.migrate_up().await.unwrap(), [STEPS[2]]);
    assert_eq!(database.migrate_down(9).await.unwrap().len(), 3);
}

async fn checking_changes_nothing(database: TestDatabase) {
    database.migration_status().await.unwrap();
    database.check_schema().await.unwrap_err();

    assert!(!has_table(&database, "seaql_migrations").await);
}

async fn replicas_may_migrate_at_once(database: TestDatabase) {
    let replica = || async {
        let settings = DatabaseSettings::new(DatabaseUrl::parse(database.url()).unwrap());
        let replica = Database::connect(&settings).await.unwrap();
        let applied = replica.migrate_up().await.unwrap();
        replica.check_schema().await.unwrap();
        applied
    };

    let (a, b, c, d) = tokio::join!(replica(), replica(), replica(), replica());

    assert_eq!([a, b, c, d].concat(), STEPS, "each step is taken once");
}

async fn a_schema_that_is_too_old_or_too_new_is_rejected(database: TestDatabase) {
    let line = |error: MigrateError| error.to_string();
    assert_eq!(
        line(database.check_schema().await.unwrap_err()),
        "the database is older than this program: run `tasks-api migrate up` to apply \
         m20261122_000001_user, m20261122_000002_tasks, m20261122_000003_idempotency_keys"
    );

    database.migrate_up().await.unwrap();
    let newer = "INSERT INTO seaql_migrations VALUES ('m20991231_000001_future', 0)";
    database.connection().execute_unprepared(newer).await.unwrap();

    let newer = "the database is newer than this program: use a `tasks-api` that knows m20991231_000001_future";
    assert_eq!(line(database.check_schema().await.unwrap_err()), newer);
    assert_eq!(line(database.migration_status().await.unwrap_err()), newer);
    assert_eq!(line(database.migrate_up().await.unwrap_err()), newer);
    assert_eq!(line(database.migrate_down(1).await.unwrap_err()), newer);
    assert!(has_table(&database, "tasks").await);
}
