//! Finds Better Auth's table of sessions and its columns.

use migration::{TableName, quoted};
use sea_orm::{ConnectionTrait, DbBackend};

use super::columns::{ColumnKind, columns, named};
use crate::MigrateError;

/// Better Auth's table of sessions and its columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SessionTable {
    pub(crate) table: TableName,
    pub(super) token: String,
    pub(super) user_id: String,
    pub(super) expires_at: String,
    /// Whether the time is a number, as some adapters store it.
    pub(super) is_number: bool,
}

/// The largest number that counts as seconds since 1970; larger ones are milliseconds. As seconds it is in the year 5138, as
/// milliseconds in 1973.
const MAX_SECONDS: &str = "100000000000";

impl SessionTable {
    /// The table as Better Auth's own migrations create it, beside the users.
    pub(crate) fn beside(users: &TableName) -> Self {
        let [token, user_id, expires_at] = ["token", "userId", "expiresAt"].map(str::to_owned);
        Self { table: sibling(users, "session"), token, user_id, expires_at, is_number: false }
    }

    /// The columns that are read.
    pub(crate) fn columns(&self) -> Vec<String> {
        vec![self.token.clone(), self.user_id.clone(), self.expires_at.clone()]
    }

    /// SQL for when a session expires. On SQLite, and if the column is a number: milliseconds since 1970.
    pub(super) fn expiry(&self, backend: DbBackend) -> String {
        let column = quoted(&self.expires_at);
        let milliseconds = format!("CASE WHEN {column} > {MAX_SECONDS} THEN {column} ELSE {column} * 1000 END");
        match (backend, self.is_number) {
            // Any value may be in any column.
            (DbBackend::Sqlite, _) => format!(
                "CASE WHEN typeof({column}) IN ('integer', 'real') THEN CAST({milliseconds} AS integer) \
                 ELSE CAST(round((julianday({column}) - 2440587.5) * 86400000) AS integer) END"
            ),
            (_, true) => format!("CASE WHEN {column} > {MAX_SECONDS} THEN {column} ELSE {column}::bigint * 1000 END"),
            (_, false) => column,
        }
    }
}

/// Finds the table of sessions beside the users, and its columns.
///
/// # Errors
///
/// [`MigrateError::Rejected`] if there is no such table, or it lacks a column, and [`MigrateError::Failed`].
pub(crate) async fn find_sessions(
    connection: &impl ConnectionTrait,
    users: &TableName,
) -> Result<SessionTable, MigrateError> {
    // `users` has `sessions`, and `auth_user` has `auth_session`.
    let own = users.table.replace("user", "session").replace("User", "Session");
    for name in [own.as_str(), "session", "sessions", "Session"] {
        let table = sibling(users, name);
        let columns = columns(connection, &table).await?;
        if columns.is_empty() || table == *users {
            continue;
        }
        let column = |name: &str, what: &str| {
            named(&columns, name).ok_or_else(|| {
                MigrateError::Rejected(format!(
                    "Better Auth's table {table} has no column for {what}, such as {name}: let Better Auth create the table \
                     (docs/troubleshooting.md#session-columns)"
                ))
            })
        };
        let (token, user_id) =
            (column("token", "the token")?.name.clone(), column("userId", "the user's id")?.name.clone());
        let expires_at = column("expiresAt", "the expiry")?;
        let is_sqlite = connection.get_database_backend() == DbBackend::Sqlite;
        if !is_sqlite && matches!(expires_at.kind, ColumnKind::Text | ColumnKind::Boolean | ColumnKind::Other) {
            return Err(MigrateError::Rejected(format!(
                "{}.{} is {} and must be a timestamp (docs/troubleshooting.md#session-columns)",
                table, expires_at.name, expires_at.sql_type
            )));
        }
        let is_number = expires_at.kind == ColumnKind::Integer;
        return Ok(SessionTable { token, user_id, expires_at: expires_at.name.clone(), is_number, table });
    }
    Err(MigrateError::Rejected(format!(
        "Better Auth's table \"session\" does not exist beside {users}: let Better Auth create it, and keep its sessions in the \
         database (docs/troubleshooting.md#session-columns)"
    )))
}

/// Another table of Better Auth. It is in the same schema as the users.
fn sibling(users: &TableName, table: &str) -> TableName {
    TableName { schema: users.schema.clone(), table: table.to_owned() }
}
