//! The columns of Better Auth's table of users that a new user gets.

use migration::{TableName, Users};
use sea_orm::{ConnectionTrait, DbBackend};

use super::columns::{Column, ColumnKind, columns, named};
use crate::MigrateError;

/// The columns of a new user, each with what it gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UserColumns(pub(super) Vec<(String, Content)>);

/// What a column of a new user gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    Id,
    Name,
    Email,
    /// Not true.
    False,
    /// The same as a number.
    Zero,
    /// The current time. On SQLite as text.
    Now,
    /// The same without its zone, in UTC.
    UtcNow,
    /// The same as milliseconds since 1970.
    Milliseconds,
}

/// The columns that Better Auth's own migrations create.
impl Default for UserColumns {
    fn default() -> Self {
        let columns = [
            (Users::ID, Content::Id),
            ("name", Content::Name),
            ("email", Content::Email),
            ("emailVerified", Content::False),
            ("createdAt", Content::Now),
            ("updatedAt", Content::Now),
        ];
        Self(columns.map(|(name, content)| (name.to_owned(), content)).into())
    }
}

impl UserColumns {
    /// The names of the columns.
    pub(crate) fn names(&self) -> Vec<String> {
        self.0.iter().map(|(name, _)| name.clone()).collect()
    }
}

/// Finds the columns of the table of users that a new user gets.
///
/// # Errors
///
/// [`MigrateError::Rejected`] if the table has a column that must have a value and would get none, and
/// [`MigrateError::Failed`].
pub(crate) async fn find_user_columns(
    connection: &impl ConnectionTrait,
    users: &TableName,
) -> Result<UserColumns, MigrateError> {
    let found = columns(connection, users).await?;
    let contents: Vec<(&Column, Content)> = UserColumns::default()
        .0
        .iter()
        .filter_map(|(name, content)| {
            let column = named(&found, name).filter(|column| !column.is_generated || *content == Content::Id)?;
            Some((column, fitting(column, *content, connection.get_database_backend())?))
        })
        .collect();
    if let Some((id, _)) = contents.iter().find(|(column, content)| column.is_generated && *content == Content::Id) {
        return Err(MigrateError::Rejected(format!(
            "no user can be added to {users}, because the database makes each {}: set USER_PROVISIONING=off \
             (docs/troubleshooting.md#user-columns)",
            id.name
        )));
    }
    let gets_none = |column: &&Column| column.is_required && contents.iter().all(|(other, _)| other != column);
    let missing: Vec<String> =
        found.iter().filter(gets_none).map(|column| format!("{} ({})", column.name, column.sql_type)).collect();
    if missing.is_empty() {
        return Ok(UserColumns(contents.into_iter().map(|(column, content)| (column.name.clone(), content)).collect()));
    }
    Err(MigrateError::Rejected(format!(
        "no user can be added to {users}, because these columns must not be null: {}; give them a default, or set \
         USER_PROVISIONING=off (docs/troubleshooting.md#user-columns)",
        missing.join(", ")
    )))
}

/// What this column gets instead, if it is of another type. `None`: the column keeps its default.
fn fitting(column: &Column, content: Content, backend: DbBackend) -> Option<Content> {
    match (content, column.kind) {
        (Content::Id, _) | (Content::Name | Content::Email, ColumnKind::Text) => Some(content),
        (Content::Name | Content::Email, _) if backend == DbBackend::Sqlite => Some(content),
        (Content::False, ColumnKind::Boolean) if backend != DbBackend::Sqlite => Some(Content::False),
        (Content::False, ColumnKind::Boolean | ColumnKind::Integer) => Some(Content::Zero),
        (Content::Now, ColumnKind::Time) => Some(Content::Now),
        (Content::Now, ColumnKind::UtcTime) => Some(Content::UtcNow),
        (Content::Now, ColumnKind::Text) if backend == DbBackend::Sqlite => Some(Content::Now),
        // A default fits the app better: it may count seconds.
        (Content::Now, ColumnKind::Integer)
            if column.is_required && (backend == DbBackend::Sqlite || column.sql_type == "bigint") =>
        {
            Some(Content::Milliseconds)
        }
        _ => None,
    }
}
