//! The table `"user"` is the same whether Better Auth or the migration created it.

use domain::{
    Clock, CreateOptions, IdSource, TaskRepository,
    testing::{FixedClock, SequentialIds, alice, titled},
};
use infra::testing::TestDatabase;
use sea_orm::{ConnectionTrait, DbBackend, Statement};

on_both_databases! { empty:
    the_migration_creates_the_table_that_better_auth_creates,
    a_table_of_better_auth_is_not_changed,
}

/// The statement with which Better Auth 1.7 creates the table.
fn better_auths_table(backend: DbBackend) -> &'static str {
    match backend {
        DbBackend::Sqlite => {
            r#"create table "user" ("id" text not null primary key, "name" text not null, "email" text not null unique,
            "emailVerified" integer not null, "image" text, "createdAt" date not null, "updatedAt" date not null)"#
        }
        _ => {
            r#"create table "user" ("id" text not null primary key, "name" text not null, "email" text not null unique,
            "emailVerified" boolean not null, "image" text, "createdAt" timestamptz default CURRENT_TIMESTAMP not null,
            "updatedAt" timestamptz default CURRENT_TIMESTAMP not null)"#
        }
    }
}

/// Every column, constraint and index of `"user"`, one per line.
async fn described(database: &TestDatabase) -> Vec<String> {
    let backend = database.connection().get_database_backend();
    let queries: &[&str] = match backend {
        DbBackend::Sqlite => &[
            r#"SELECT concat_ws(' ', name, type, "notnull", dflt_value, pk) FROM pragma_table_info('user')"#,
            r#"SELECT concat_ws(' ', name, "unique", origin, partial) FROM pragma_index_list('user')"#,
            "SELECT concat_ws(' ', count(*)) FROM pragma_foreign_key_list('user')",
        ],
        _ => &[
            "SELECT concat_ws(' ', column_name, data_type, is_nullable, column_default) FROM information_schema.columns \
             WHERE table_name = 'user' ORDER BY ordinal_position",
            r#"SELECT concat_ws(' ', conname, pg_get_constraintdef(oid)) FROM pg_constraint
             WHERE conrelid = '"user"'::regclass ORDER BY 1"#,
            "SELECT indexdef::text FROM pg_indexes WHERE tablename = 'user' ORDER BY 1",
        ],
    };
    let mut lines = Vec::new();
    for query in queries {
        let rows = database.connection().query_all_raw(Statement::from_string(backend, *query)).await.unwrap();
        lines.extend(rows.iter().map(|row| row.try_get_by_index::<String>(0).unwrap()));
    }
    lines
}

async fn the_migration_creates_the_table_that_better_auth_creates(database: TestDatabase) {
    let connection = database.connection();
    connection.execute_unprepared(better_auths_table(connection.get_database_backend())).await.unwrap();
    let better_auths = described(&database).await;
    connection.execute_unprepared(r#"DROP TABLE "user""#).await.unwrap();

    database.migrate_up().await.unwrap();

    assert!(better_auths.len() >= 10, "{better_auths:#?}");
    assert_eq!(described(&database).await, better_auths);
}

async fn a_table_of_better_auth_is_not_changed(database: TestDatabase) {
    let connection = database.connection();
    let backend = connection.get_database_backend();
    let users = r#"SELECT concat_ws('|', "id", "name", "email", "emailVerified", "image", "createdAt", "updatedAt") FROM "user""#;
    let rows = || async {
        let rows = connection.query_all_raw(Statement::from_string(backend, users)).await.unwrap();
        rows.iter().map(|row| row.try_get_by_index::<String>(0).unwrap()).collect::<Vec<_>>()
    };
    connection.execute_unprepared(better_auths_table(backend)).await.unwrap();
    let signed_up = r#"INSERT INTO "user" VALUES ('alice', 'Alice', 'alice@example.test', (1 = 1), NULL,
        '2026-11-22T00:33:45.737Z', '2026-11-22T00:33:45.737Z')"#;
    connection.execute_unprepared(signed_up).await.unwrap();
    let (before, rows_before) = (described(&database).await, rows().await);

    database.migrate_up().await.unwrap();
    assert_eq!((described(&database).await, rows().await), (before.clone(), rows_before.clone()));

    let now = FixedClock::default().now();
    let task = titled("Buy groceries");
    let id = SequentialIds::default().next(now).into();
    database.tasks().create(&alice().id, id, &task, &CreateOptions::default(), now).await.unwrap();

    database.migrate_down(u32::MAX).await.unwrap();
    assert_eq!((described(&database).await, rows().await), (before, rows_before));
}
