//! Tables that may hold Better Auth's users under another name.

use sea_orm::{ConnectionTrait, DbBackend, DbErr};

use super::catalog::{COLUMNS, TABLES, Table, of, strings, tables};
use crate::MigrateError;

/// Tables of Better Auth that refer to a user, in lower case.
const SIBLINGS: &str = "('session', 'sessions', 'account', 'accounts')";

/// Their columns with the user's id, in lower case.
const USER_ID: &str = "('userid', 'user_id')";

/// Fails if a table may hold the users.
///
/// # Errors
///
/// [`MigrateError::Rejected`] with the table and what to do.
pub(super) async fn must_be_none(connection: &impl ConnectionTrait) -> Result<(), MigrateError> {
    let found = all(connection).await?;
    let remedies = "let Better Auth make its tables first, or set USER_TABLE=user to have a new table made \
                    (docs/troubleshooting.md#user-table)";
    if let Some(best) = found.first() {
        let names: Vec<String> = found.iter().map(|table| table.name.to_string()).collect();
        return Err(MigrateError::Rejected(format!(
            "there is no table \"user\" on the search path, but there is {}: set USER_TABLE={} if Better Auth keeps its users \
             there; if not, {remedies}",
            names.join(", "),
            best.short_name(),
        )));
    }
    match sessions(connection).await?.first() {
        None => Ok(()),
        Some(sessions) => Err(MigrateError::Rejected(format!(
            "there is no table \"user\" on the search path, but {} looks like a table of Better Auth: set USER_TABLE to its \
             table of users; if there is none, {remedies}",
            sessions.name,
        ))),
    }
}

/// Logs a warning if the table of users is empty and another one is not. Then every create fails, because its user is unknown.
pub(super) async fn warn_of_others(connection: &impl ConnectionTrait, users: &Table) -> Result<(), DbErr> {
    if has_rows(connection, users).await? {
        return Ok(());
    }
    for other in all(connection).await?.iter().filter(|other| other.name != users.name) {
        if has_rows(connection, other).await? {
            tracing::warn!(
                "the table of users {} is empty, and {} is not: if Better Auth keeps its users there, run `tasks-api migrate \
                 down --delete-tasks --steps 99`, and then `migrate up` with USER_TABLE={} \
                 (docs/troubleshooting.md#user-table)",
                users.name,
                other.name,
                other.short_name(),
            );
            break;
        }
    }
    Ok(())
}

/// The tables that may hold the users, the most plausible first.
async fn all(connection: &impl ConnectionTrait) -> Result<Vec<Table>, DbErr> {
    let sql = match connection.get_database_backend() {
        DbBackend::Sqlite => format!(
            r#"WITH referred AS (
                SELECT k."table" AS name FROM sqlite_schema s, pragma_foreign_key_list(s.name) k
                WHERE s.type = 'table' AND lower(s.name) IN {SIBLINGS} AND lower(k."from") IN {USER_ID}
            )
            SELECT {COLUMNS} FROM {TABLES} AND (lower(c.name) IN ('user', 'users') OR lower(c.name) IN (SELECT lower(name) FROM referred))
            ORDER BY lower(c.name) IN (SELECT lower(name) FROM referred) DESC, c.name"#,
            COLUMNS = COLUMNS[1],
            TABLES = TABLES[1],
        ),
        _ => format!(
            r"WITH referred AS (
                SELECT confrelid FROM pg_constraint k JOIN pg_class s ON s.oid = conrelid
                JOIN pg_attribute ON attrelid = conrelid AND conkey = ARRAY[attnum]
                WHERE contype = 'f' AND lower(s.relname) IN {SIBLINGS} AND lower(attname) IN {USER_ID}
            )
            SELECT {COLUMNS} FROM {TABLES}
                AND (lower(c.relname) IN ('user', 'users') OR c.oid IN (SELECT confrelid FROM referred)) AND {IS_SEEN}
            ORDER BY c.oid IN (SELECT confrelid FROM referred) DESC, pg_table_is_visible(c.oid) DESC, c.relname, n.nspname",
            COLUMNS = COLUMNS[0],
            TABLES = TABLES[0],
        ),
    };
    tables(connection, sql, []).await
}

/// Tables of sessions with the columns of Better Auth.
async fn sessions(connection: &impl ConnectionTrait) -> Result<Vec<Table>, DbErr> {
    let backend = connection.get_database_backend();
    let condition = match backend {
        DbBackend::Sqlite => format!(
            "lower(c.name) IN ('session', 'sessions') AND 2 = (SELECT count(*) FROM pragma_table_info(c.name) \
             WHERE lower(name) = 'token' OR lower(name) IN {USER_ID})"
        ),
        _ => format!(
            "lower(c.relname) IN ('session', 'sessions') AND {IS_SEEN} AND 2 = (SELECT count(*) FROM pg_attribute \
             WHERE attrelid = c.oid AND (lower(attname) = 'token' OR lower(attname) IN {USER_ID}))"
        ),
    };
    tables(connection, format!("SELECT {} FROM {} AND {condition}", of(backend, COLUMNS), of(backend, TABLES)), [])
        .await
}

/// Neither a table of Postgres itself nor one that this role may not know.
const IS_SEEN: &str =
    r"n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'information_schema' AND has_schema_privilege(n.oid, 'USAGE')";

/// Whether a table has rows. On Postgres this needs no right to read them: it tells whether the table has ever had one.
async fn has_rows(connection: &impl ConnectionTrait, table: &Table) -> Result<bool, DbErr> {
    let name = table.name.quoted();
    let sql = match connection.get_database_backend() {
        DbBackend::Sqlite => format!("SELECT 'yes' WHERE EXISTS (SELECT 1 FROM {name})"),
        _ => "SELECT 'yes' WHERE pg_relation_size(to_regclass($1)) > 0".to_owned(),
    };
    let values = (connection.get_database_backend() != DbBackend::Sqlite).then(|| name.into());
    Ok(!strings(connection, sql, values).await?.is_empty())
}
