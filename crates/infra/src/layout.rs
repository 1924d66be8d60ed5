//! Where the tables are, and the type of a user's id.

mod candidates;
mod catalog;
mod users;
mod wanted;

use migration::{IdType, TableName, Users};
use sea_orm::{
    ConnectionTrait, DbBackend, EntityName,
    sea_query::{IntoTableRef, TableRef},
};

pub(crate) use catalog::{strings, table};
pub(crate) use users::to_refer_to;
pub(crate) use wanted::Wanted;

use crate::{
    MigrateError,
    better_auth::{SessionTable, UserColumns},
    migrate::History,
};

/// Where the tables are, and the type of a user's id. Looked up once, at the start.
///
/// Names without a schema are found by the connection's search path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    backend: DbBackend,
    /// The schema of this program's tables.
    schema: Option<String>,
    /// Better Auth's table of users.
    pub(crate) users: TableName,
    id: IdType,
    /// Better Auth's sessions, if this program reads them.
    pub(crate) sessions: Option<SessionTable>,
    /// What a new user gets, if this program adds users.
    pub(crate) user_columns: Option<UserColumns>,
}

impl Layout {
    /// This program's tables in `schema`, and the table `user` with ids that are text.
    #[must_use]
    pub fn new(backend: DbBackend, schema: Option<String>) -> Self {
        let Users { table, id, .. } = Users::default();
        Self { backend, schema, users: table, id, sessions: None, user_columns: None }
    }

    /// The same with another table of users.
    pub(crate) fn with_users(self, users: TableName, id: IdType) -> Self {
        Self { users, id, ..self }
    }

    /// The kind of database.
    pub(crate) fn backend(&self) -> DbBackend {
        self.backend
    }

    /// The type of a user's id.
    pub(crate) fn id(&self) -> IdType {
        self.id
    }

    /// One of this program's tables.
    pub(crate) fn table<E: EntityName>(&self, table: &E) -> TableRef {
        match &self.schema {
            None => table.table_ref(),
            Some(schema) => (schema.clone(), table.table_name()).into_table_ref(),
        }
    }

    /// The schema of this program's tables. `None`: the search path decides.
    pub(crate) fn schema(&self) -> Option<&str> {
        self.schema.as_deref()
    }
}

/// Finds the tables. Logs a warning if the users seem to be in another one.
///
/// # Errors
///
/// [`MigrateError::Rejected`] if the tables are in another schema than the settings say, or the users in another table, or if
/// their ids have a type that is not supported, and [`MigrateError::Failed`].
pub(crate) async fn find(connection: &impl ConnectionTrait, wanted: &Wanted) -> Result<Layout, MigrateError> {
    let layout = Layout::new(connection.get_database_backend(), wanted.schema.clone());
    let history = History::read(connection, wanted).await?;
    let Some(users) = users::referred_to(connection, wanted, history.schema()).await? else { return Ok(layout) };
    candidates::warn_of_others(connection, &users).await?;
    Ok(layout.with_users(users.short_name(), users.id()?))
}
