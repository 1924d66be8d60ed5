//! Whether the tables are still as the migrations have made them.

use migration::{HISTORY, TABLES, TableName, Users};
use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};

use crate::{
    MigrateError,
    layout::{Wanted, to_refer_to},
};

/// The tables that do not refer to a table of users, each with whether it exists. `$1` is their schema.
const POSTGRES: &str = "SELECT own, c.oid IS NOT NULL FROM (VALUES /* own */) AS ours (own)
    LEFT JOIN (pg_class c JOIN pg_namespace n ON n.oid = relnamespace AND nspname = $1) ON relname = own
    WHERE NOT EXISTS (SELECT FROM pg_constraint JOIN pg_attribute ON attrelid = conrelid AND attname = 'user_id'
        WHERE contype = 'f' AND conrelid = c.oid AND conkey = ARRAY[attnum])";

/// The same. SQLite keeps a reference to a table that was dropped.
const SQLITE: &str = r#"WITH ours (own) AS (VALUES /* own */)
    SELECT own, s.name IS NOT NULL FROM ours LEFT JOIN sqlite_schema s ON s.type = 'table' AND s.name = own COLLATE NOCASE
    WHERE NOT EXISTS (SELECT 1 FROM pragma_foreign_key_list(own) k
        JOIN sqlite_schema u ON u.type = 'table' AND u.name = k."table" COLLATE NOCASE WHERE k."from" = 'user_id')"#;

/// Succeeds if the tables in `schema` exist and refer to a table of users. No migration notices what another program drops, and
/// with a table of users Postgres drops the references to it.
///
/// This is one statement, which reads only the catalog. Every role may do that.
///
/// # Errors
///
/// [`MigrateError::Rejected`] and [`MigrateError::Failed`].
pub(super) async fn check(
    connection: &impl ConnectionTrait,
    wanted: &Wanted,
    schema: Option<&str>,
) -> Result<(), MigrateError> {
    let damaged = damaged(connection, schema).await?;
    if damaged.is_empty() {
        return Ok(());
    }
    let missing: Vec<&str> = damaged.iter().filter(|(_, exists)| !exists).map(|(table, _)| table.as_str()).collect();
    if !missing.is_empty() {
        return Err(MigrateError::Rejected(format!(
            "the database lacks {}, which migrations have created: restore a backup, or run `tasks-api migrate down \
             --delete-tasks --steps 99`, which deletes all tasks, and `tasks-api migrate up` \
             (docs/troubleshooting.md#missing-tables)",
            missing.join(", ")
        )));
    }
    let tables: Vec<String> = damaged.into_iter().map(|(table, _)| table).collect();
    let users = to_refer_to(connection, wanted, schema, None).await?;
    let remedy = if users.is_missing {
        "let Better Auth make its tables, and run this again".to_owned()
    } else if connection.get_database_backend() == DbBackend::Sqlite {
        "restore a backup, because SQLite cannot add a reference".to_owned()
    } else {
        let references: Vec<String> = tables.iter().map(|table| reference(schema, table, &users)).collect();
        format!("run {}", references.join("; "))
    };
    Err(MigrateError::Rejected(format!(
        "there is no table of users to which {} refer: {remedy} (docs/troubleshooting.md#foreign-key)",
        tables.join(", ")
    )))
}

async fn damaged(connection: &impl ConnectionTrait, schema: Option<&str>) -> Result<Vec<(String, bool)>, DbErr> {
    let backend = connection.get_database_backend();
    // The history has just been read, be it from the table of an earlier release.
    let own: Vec<String> =
        TABLES.iter().filter(|table| **table != HISTORY).map(|table| format!("('{table}')")).collect();
    let (text, schema) = match backend {
        DbBackend::Sqlite => (SQLITE, None),
        _ => (POSTGRES, schema.map(Into::into)),
    };
    let query = Statement::from_sql_and_values(backend, text.replace("/* own */", &own.join(", ")), schema);
    let rows = connection.query_all_raw(query).await?;
    rows.iter().map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?))).collect()
}

/// The statement that adds the reference of a table to the users, as its migration does.
fn reference(schema: Option<&str>, table: &str, users: &Users) -> String {
    let own = TableName { schema: schema.map(str::to_owned), table: table.to_owned() };
    format!(
        "ALTER TABLE {} ADD CONSTRAINT {table}_user_id_fkey FOREIGN KEY (user_id) REFERENCES {} ({}) ON DELETE CASCADE",
        own.quoted(),
        users.table.quoted(),
        Users::ID
    )
}
